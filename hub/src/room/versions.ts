/**
 * Versions of one notebook: kept by people and by the hub, looked at, compared and restored. A version is the document as it
 * was at the call; it is on the disk when the promise resolves. A restore is an edit as any other, by as few changes as
 * possible, and what was there before is a version of its own: restoring that undoes it.
 */
import { createHash } from 'node:crypto';
import type { Author, FileId, HubEvent, NotebookDifference, VersionId, VersionView } from '@cokernel/proto/hub';
import { VersionView as VersionViewSchema } from '@cokernel/proto/hub';
import type { Notebook } from '@cokernel/proto/notebook';
import {
  diffNotebooks,
  makeEqual,
  readDocument,
  readSnapshot,
  storedReferences,
  writeSnapshot,
} from '@cokernel/proto/notebook';
import { Refusal } from '../errors.js';
import type { OutputStore } from '../run/output-store.js';
import { keepingRuns } from './keeping-runs.js';
import { ownReferences } from './own-references.js';
import type { RoomDocument } from './room-document.js';
import { superfluousVersions } from './thinned-versions.js';
import type { StoredVersion, VersionStore } from './version-store.js';

export interface VersionsOptions {
  readonly fileId: FileId;
  readonly document: Pick<RoomDocument, 'doc' | 'write'>;
  readonly store: VersionStore;
  readonly outputStore: Pick<OutputStore, 'isReferred' | 'refer' | 'setReferences'>;
  readonly clock: () => Date;
  readonly tell: (event: HubEvent) => void;
}

interface WhoAndName {
  readonly author?: Author;
  readonly name?: string;
}

export class Versions {
  private steps: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: VersionsOptions) {}

  /** Oldest first. */
  async list(): Promise<readonly VersionView[]> {
    return (await this.options.store.list(this.options.fileId)).map(viewOf);
  }

  /**
   * Keeps the document as it is now. What the hub keeps by itself and has just that content already is not kept twice: then
   * it answers that version.
   */
  keep(kind: VersionView['kind'], by: WhoAndName = {}): Promise<VersionView> {
    const notebook = this.now();
    return this.inLine(() => this.add(kind, by, notebook));
  }

  /** As a snapshot. Rejects with the refusal `noSuchVersion`. */
  async notebook(versionId: VersionId): Promise<Notebook> {
    const content = await this.options.store.content(this.options.fileId, versionId);
    if (content === null) throw noSuchVersion(versionId);
    return readSnapshot(content);
  }

  /** `after` null: the document as it is now. */
  async difference(before: VersionId, after: VersionId | null): Promise<NotebookDifference> {
    const former = await this.notebook(before);
    return diffNotebooks(former, after === null ? this.now() : await this.notebook(after));
  }

  async name(versionId: VersionId, name: string): Promise<VersionView> {
    const named = await this.options.store.name(this.options.fileId, versionId, name);
    if (named === null) throw noSuchVersion(versionId);
    this.options.tell({ event: 'versionsChanged' });
    return viewOf(named);
  }

  remove(versionIds: readonly VersionId[]): Promise<void> {
    return this.inLine(() => this.drop(versionIds));
  }

  /** Makes the document equal to the version; a cell that runs keeps what it shows. Answers how it was before. */
  async restore(versionId: VersionId, by: Author): Promise<{ readonly before: VersionId }> {
    const { document, outputStore, fileId } = this.options;
    const target = await this.notebook(versionId);
    // The document names them again from here on.
    await outputStore.refer({ fileId, holder: 'log' }, await this.referencesOf(target));
    // Both in one step of the loop: nobody's edit comes between what is kept and what is changed.
    const kept = this.keep('beforeRestore', { author: by });
    const written = document.write(() => makeEqual(document.doc, keepingRuns(document.doc, target)));
    const [before] = await Promise.all([kept, written]);
    return { before: before.versionId };
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.steps;
  }

  private now(): Notebook {
    return readDocument(this.options.document.doc);
  }

  private async add(kind: VersionView['kind'], { author, name }: WhoAndName, notebook: Notebook): Promise<VersionView> {
    const { store, outputStore, fileId, clock, tell } = this.options;
    const content = writeSnapshot(notebook);
    const newest = (await store.list(fileId)).at(-1);
    if (isAutomatic(kind) && newest?.contentHash === hashOf(content)) return viewOf(newest);
    const at = clock().toISOString();
    const view = { at, kind, name: name ?? null, author: author ?? null, cells: notebook.cells.length };
    const added = await store.add(fileId, { ...view, content });
    await outputStore.setReferences(holderOf(fileId, added.versionId), await this.referencesOf(notebook));
    await this.drop(superfluousVersions(await store.list(fileId), clock()));
    tell({ event: 'versionsChanged' });
    return viewOf(added);
  }

  private async drop(versionIds: readonly VersionId[]): Promise<void> {
    const { store, outputStore, fileId } = this.options;
    if (versionIds.length === 0) return;
    await store.remove(fileId, versionIds);
    for (const versionId of versionIds) await outputStore.setReferences(holderOf(fileId, versionId), []);
  }

  private referencesOf({ cells }: Notebook): ReturnType<typeof ownReferences> {
    const { outputStore, fileId } = this.options;
    return ownReferences(outputStore, fileId, storedReferences(cells));
  }

  private inLine<T>(step: () => Promise<T>): Promise<T> {
    const done = this.steps.then(step);
    // Its failure is told to who asked, and does not stop the next.
    this.steps = done.catch(() => undefined);
    return done;
  }
}

function isAutomatic(kind: VersionView['kind']): boolean {
  return kind !== 'named' && kind !== 'checkpoint';
}

function holderOf(fileId: FileId, versionId: VersionId): { readonly fileId: FileId; readonly holder: string } {
  return { fileId, holder: `version:${versionId}` };
}

/** Without what only the store knows. */
function viewOf(stored: StoredVersion): VersionView {
  return VersionViewSchema.parse(stored);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function noSuchVersion(versionId: VersionId): Refusal {
  return new Refusal('noSuchVersion', `this notebook has no version ${versionId} (any more)`);
}
