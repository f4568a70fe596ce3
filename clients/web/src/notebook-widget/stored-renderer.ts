/**
 * Shows a display of which the document has no room for all: fetches the MIME type that shows most, once somebody can see
 * its place, and hands it to Jupyter's renderer for that type. What can't be fetched is said, with a way to try again.
 */
import { ContentHash } from '@cokernel/proto/hub';
import { decodeContent, STORED_MIME, storedBundle, toJsonObject, type StoredBundle } from '@cokernel/proto/notebook';
import { MimeModel, type IRenderMime, type IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { PartialJSONObject, PartialJSONValue, ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Panel, Widget } from '@lumino/widgets';
import { messageOf } from '../ui/message.js';
import { sizeText } from '../ui/size-text.js';
import type { StoredOutputs } from './stored-outputs.js';
import '../ui/link-button.css';
import './stored-outputs.css';

/** Before all others: the small types beside it are what this one shows less of. */
const RANK = 1;

export function storedFactory(
  renderers: () => IRenderMimeRegistry,
  outputs: StoredOutputs,
): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [STORED_MIME],
    defaultRank: RANK,
    createRenderer: () => new StoredRenderer(renderers(), outputs),
  };
}

class StoredRenderer extends Panel implements IRenderMime.IRenderer {
  readonly #leaving = new AbortController();
  #seen: IntersectionObserver | null = null;
  #shown = '';

  constructor(
    private readonly renderers: IRenderMimeRegistry,
    private readonly outputs: StoredOutputs,
  ) {
    super();
    this.addClass('ck-stored');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const shown = JSON.stringify(model.data[STORED_MIME]);
    if (shown === this.#shown) return Promise.resolve();
    this.#shown = shown;
    this.#wait(model);
    return Promise.resolve();
  }

  override dispose(): void {
    this.#seen?.disconnect();
    this.#leaving.abort();
    super.dispose();
  }

  /** A notebook of many plots fetches those that are looked at. */
  #wait(model: IRenderMime.IMimeModel): void {
    const stored = storedBundle(toJsonObject(model.data)) ?? {};
    this.#say(`${sizeText(bytesOf(stored))} …`);
    this.#seen?.disconnect();
    this.#seen = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        this.#seen?.disconnect();
        this.#load(model, stored);
      },
      { rootMargin: '600px' },
    );
    this.#seen.observe(this.node);
  }

  #load(model: IRenderMime.IMimeModel, stored: StoredBundle): void {
    this.#show(model, stored).catch((error: unknown) => {
      if (this.isDisposed) return;
      this.#say(`This output can't be shown: ${messageOf(error)}. `, () => this.#load(model, stored));
    });
  }

  async #show(model: IRenderMime.IMimeModel, stored: StoredBundle): Promise<void> {
    const own = inDocument(model.data, stored);
    const type = this.renderers.preferredMimeType(typesOf(own, stored), 'any');
    if (type === undefined) throw new Error(`nothing here shows ${Object.keys(stored).join(', ')}`);
    const data = { ...own, ...(await this.#fetched(type, stored)) };
    if (this.isDisposed) return;
    const renderer = this.renderers.createRenderer(type);
    await renderer.renderModel(new MimeModel({ data, metadata: model.metadata, trusted: model.trusted }));
    this.#put(renderer);
  }

  async #fetched(type: string, stored: StoredBundle): Promise<PartialJSONObject> {
    const reference = stored[type];
    if (reference === undefined) return {};
    const bytes = await this.outputs.read(ContentHash.parse(reference.sha256), this.#leaving.signal);
    return { [type]: decodeContent(type, { bytes, base64: reference.base64 }) as PartialJSONValue };
  }

  #say(text: string, again?: () => void): void {
    const said = new Widget();
    said.addClass('ck-stored-note');
    said.node.textContent = text;
    if (again !== undefined) {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Try again' });
      button.className = 'ck-link-button';
      button.addEventListener('click', again);
      said.node.append(button);
    }
    this.#put(said);
  }

  #put(widget: Widget): void {
    for (const former of [...this.widgets]) former.dispose();
    this.addWidget(widget);
  }
}

/** Without our own type, and without the text that stands in for what is stored. */
function inDocument(data: ReadonlyPartialJSONObject, stored: StoredBundle): PartialJSONObject {
  const own = Object.entries(data).filter(([type]) => type !== STORED_MIME && !(type in stored));
  return Object.fromEntries(own) as PartialJSONObject;
}

function typesOf(own: PartialJSONObject, stored: StoredBundle): ReadonlyPartialJSONObject {
  return { ...own, ...Object.fromEntries(Object.keys(stored).map((type) => [type, ''])) };
}

function bytesOf(stored: StoredBundle): number {
  return Object.values(stored).reduce((sum, { bytes }) => sum + bytes, 0);
}
