/**
 * Under the outputs of a cell of which some are not whole in the document: for each a line that says how much there is,
 * with ways to see and to save all of it. Drawn anew once a burst of changes.
 */
import { StoredText } from '@cokernel/proto/notebook';
import type { Cell, CodeCell } from '@jupyterlab/cells';
import { z } from 'zod';
import { inBackground } from '../ui/in-background.js';
import { nowAndThen } from '../now-and-then.js';
import { sizeText } from '../ui/size-text.js';
import type { OpenedText, StoredOutputs } from './stored-outputs.js';
import '../ui/link-button.css';
import './stored-outputs.css';

const StoredOutput = z.looseObject({
  output_type: z.string(),
  name: z.string().optional(),
  transient: z.looseObject({ stored_text: StoredText }),
});

export class StoredTexts {
  constructor(private readonly outputs: StoredOutputs) {}

  /** Until the cell leaves the notebook. */
  add(cell: Cell): void {
    if (!isCodeCell(cell)) return;
    // A cell that is far from what is seen has no outputs in the page yet.
    inBackground(cell.ready.then(() => this.#follow(cell)));
  }

  #follow(cell: CodeCell): void {
    if (cell.isDisposed) return;
    const bars = Object.assign(document.createElement('div'), { className: 'ck-stored-texts', hidden: true });
    // Below the outputs, not beside them.
    (cell.outputArea.node.closest('.jp-Cell-outputWrapper') ?? cell.outputArea.node).after(bars);
    const drawing = nowAndThen(() => this.#draw(cell, bars));
    cell.model.sharedModel.changed.connect(drawing.ask);
    cell.disposed.connect(drawing.cancel);
    drawing.ask();
  }

  #draw(cell: CodeCell, bars: HTMLElement): void {
    if (cell.isDisposed) return;
    const stored = cell.model.sharedModel.getOutputs().flatMap((output) => {
      const parsed = StoredOutput.safeParse(output);
      return parsed.success ? [this.#bar(parsed.data)] : [];
    });
    bars.hidden = stored.length === 0;
    bars.replaceChildren(...stored);
  }

  #bar({ output_type, name, transient: { stored_text: stored } }: z.infer<typeof StoredOutput>): HTMLElement {
    const title = stored.outputs === undefined ? (name ?? output_type) : 'outputs that are not shown';
    const bar = Object.assign(document.createElement('div'), { className: 'ck-stored-text' });
    const size = Object.assign(document.createElement('span'), {
      textContent: `${title}: ${sizeText(stored.bytes)}${stored.sha256 === null ? ' so far' : ' in all'}`,
    });
    bar.append(size, this.#showAll({ title, name: nameOf(stored) }), this.#download(stored));
    return bar;
  }

  #showAll(text: OpenedText): HTMLElement {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Show all' });
    button.className = 'ck-link-button';
    button.addEventListener('click', () => this.outputs.openText(text));
    return button;
  }

  #download(stored: StoredText): HTMLElement {
    const href = this.outputs.downloadUrl(
      nameOf(stored),
      stored.outputs === undefined ? 'output.txt' : 'outputs.jsonl',
    );
    const link = Object.assign(document.createElement('a'), { href, download: '', textContent: 'Download' });
    link.className = 'ck-link-button';
    return link;
  }
}

/** By its hash once it is complete: what is complete never changes, and is not fetched twice. */
function nameOf({ id, sha256 }: StoredText): OpenedText['name'] {
  return sha256 === null ? { textId: id } : { sha256 };
}

function isCodeCell(cell: Cell): cell is CodeCell {
  return cell.model.type === 'code';
}
