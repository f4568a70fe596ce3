/**
 * The versions of each notebook, in a folder of its own: `versions.json`, replaced as a whole, and each content under its
 * hash, compressed. A content is durable before a list names it; one that no list names any more is removed.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { type FileId, VersionId, VersionView } from '@cokernel/proto/hub';
import type { NewVersion, StoredVersion, VersionStore } from '../../room/version-store.js';
import { mustHold, ofOneHub, type Right } from '../../right.js';
import { readIfThere, writeDurably } from '../embedded/durable-files.js';
import { StepLine } from '../step-line.js';
import { makeFolder, notebookFolder } from './notebook-folder.js';

const List = z.object({
  version: z.literal(1),
  /** The number of the next version: one that was removed is not given again. */
  next: z.number().int().positive(),
  versions: z.array(VersionView.extend({ contentHash: z.string().regex(/^[0-9a-f]{64}$/) })),
});
type List = z.infer<typeof List>;

const NONE: List = { version: 1, next: 1, versions: [] };

const compress = promisify(gzip);
const decompress = promisify(gunzip);

export class FileVersionStore implements VersionStore {
  readonly #line = new StepLine();

  /** `folder`: made when missing. `right`: to write there. */
  constructor(
    private readonly folder: string,
    private readonly right: Right = ofOneHub,
  ) {}

  async list(fileId: FileId): Promise<readonly StoredVersion[]> {
    return (await this.#line.pass(fileId, () => this.#read(fileId))).versions;
  }

  add(fileId: FileId, { content, ...view }: NewVersion): Promise<StoredVersion> {
    return this.#line.pass(fileId, async () => {
      const list = await this.#read(fileId);
      const contentHash = createHash('sha256').update(content).digest('hex');
      await this.#keepContent(fileId, contentHash, content);
      const version = { ...view, versionId: VersionId.parse(String(list.next)), contentHash };
      await this.#write(fileId, { ...list, next: list.next + 1, versions: [...list.versions, version] });
      return version;
    });
  }

  name(fileId: FileId, versionId: VersionId, name: string | null): Promise<StoredVersion | null> {
    return this.#line.pass(fileId, async () => {
      const list = await this.#read(fileId);
      const found = list.versions.find((version) => version.versionId === versionId);
      if (found === undefined) return null;
      const named = { ...found, name };
      await this.#write(fileId, { ...list, versions: list.versions.map((one) => (one === found ? named : one)) });
      return named;
    });
  }

  remove(fileId: FileId, versionIds: readonly VersionId[]): Promise<void> {
    return this.#line.pass(fileId, async () => {
      const list = await this.#read(fileId);
      const versions = list.versions.filter(({ versionId }) => !versionIds.includes(versionId));
      if (versions.length === list.versions.length) return;
      await this.#write(fileId, { ...list, versions });
      const named = new Set(versions.map(({ contentHash }) => contentHash));
      const unnamed = new Set(list.versions.map(({ contentHash }) => contentHash).filter((hash) => !named.has(hash)));
      mustHold(this.right);
      for (const hash of unnamed) await rm(this.#contentPath(fileId, hash), { force: true });
    });
  }

  content(fileId: FileId, versionId: VersionId): Promise<string | null> {
    return this.#line.pass(fileId, async () => {
      const { versions } = await this.#read(fileId);
      const found = versions.find((version) => version.versionId === versionId);
      if (found === undefined) return null;
      const bytes = await readIfThere(this.#contentPath(fileId, found.contentHash));
      if (bytes === null) throw new Error(`The content of version ${versionId} is missing.`);
      return (await decompress(bytes)).toString('utf8');
    });
  }

  async close(): Promise<void> {
    await this.#line.idle();
  }

  async #keepContent(fileId: FileId, hash: string, content: string): Promise<void> {
    mustHold(this.right);
    await makeFolder(notebookFolder(this.folder, fileId));
    const path = this.#contentPath(fileId, hash);
    if (!existsSync(path)) await writeDurably(path, await compress(content));
  }

  async #read(fileId: FileId): Promise<List> {
    const file = await readIfThere(this.#listPath(fileId));
    return file === null ? NONE : List.parse(JSON.parse(file.toString('utf8')));
  }

  async #write(fileId: FileId, list: List): Promise<void> {
    mustHold(this.right);
    await writeDurably(this.#listPath(fileId), Buffer.from(`${JSON.stringify(list)}\n`));
  }

  #listPath(fileId: FileId): string {
    return join(notebookFolder(this.folder, fileId), 'versions.json');
  }

  #contentPath(fileId: FileId, hash: string): string {
    return join(notebookFolder(this.folder, fileId), `${hash}.json.gz`);
  }
}
