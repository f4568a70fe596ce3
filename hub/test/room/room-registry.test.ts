/** RoomRegistry: a room that could not begin. */
import { afterEach, expect, jest, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Epoch, FileId, FolderId, HubId } from '@cokernel/proto/hub';
import { makeCodeCell, makeNotebook, writeNotebook } from '@cokernel/proto/notebook';
import { DiskWatch } from '../../src/room/disk-watch.js';
import type { DocumentLog, DocumentStore } from '../../src/room/document-store.js';
import type { FileIndex, IndexedNotebook } from '../../src/room/file-index.js';
import type { RoomRegistryOptions } from '../../src/room/room-registry.js';
import { RoomRegistry } from '../../src/room/room-registry.js';
import type { LeaseStore } from '../../src/run/lease.js';
import { stateOf } from '../support/notebook-place.js';
import { queuedRun } from '../support/queued-run.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

const fileId = FileId.parse('a-file');
const notebook: IndexedNotebook = { fileId, path: 'a.ipynb', traits: [], goneSince: null };
let scratch: ScratchFolder;

afterEach(async () => {
  jest.restoreAllMocks();
  await scratch.remove();
});

/** What was opened for the room and not closed again. */
class Opened {
  readonly those = new Set<string>();

  readonly log: Partial<DocumentLog> = {
    epoch: Epoch.parse('e'),
    append: () => Promise.resolve(),
    setFact: () => Promise.resolve(),
    flushed: () => Promise.resolve(),
    onFull: () => undefined,
    size: () => ({ logBytes: 0, baseBytes: 0, records: 0 }),
    close: () => Promise.resolve(void this.those.delete('log')),
  };

  readonly store: Partial<DocumentStore> = {
    open: () => {
      this.those.add('log');
      const updates = [stateOf(makeNotebook([makeCodeCell('1')]))];
      const loaded = { epoch: Epoch.parse('e'), updates, marks: [], facts: {}, tornBytes: 0 };
      return Promise.resolve({ log: this.log as DocumentLog, loaded });
    },
  };

  readonly leases: Partial<LeaseStore> = {
    claim: () => {
      this.those.add('lease');
      return Promise.resolve({ outcome: 'claimed', fence: 1 });
    },
    release: () => Promise.resolve(void this.those.delete('lease')),
  };
}

test('a room that could not begin leaves neither log, lease nor watch of its file open, and its error is told', async () => {
  scratch = await scratchFolder();
  const root = path.join(scratch.path, 'served');
  await mkdir(root);
  await writeFile(path.join(root, 'a.ipynb'), writeNotebook(makeNotebook([makeCodeCell('1')])));
  const opened = new Opened();
  const watched = jest.spyOn(DiskWatch.prototype, 'start');
  const unwatched = jest.spyOn(DiskWatch.prototype, 'stop');
  const rooms = new RoomRegistry(optionsOf(root, opened));
  await expect(rooms.cellOutputs({ ...queuedRun(), fileId })).rejects.toThrow('the disk does not answer');
  expect(watched).toHaveBeenCalledTimes(1);
  expect(unwatched).toHaveBeenCalled();
  expect([...opened.those]).toEqual([]);
  expect(rooms.count).toBe(0);
});

function optionsOf(root: string, { store, leases }: Opened): RoomRegistryOptions {
  const index: Partial<FileIndex> = {
    find: () => notebook,
    idAt: () => fileId,
    pathOf: () => notebook.path,
    knownAs: () => [],
    idOf: () => Promise.resolve(fileId),
    moved: () => Promise.resolve(),
    seen: () => Promise.resolve(),
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const lease = {
    leases: leases as LeaseStore,
    owner: HubId.parse('h'),
    leaseMs: 60_000,
    now: () => performance.now(),
  };
  return {
    folder: {
      root,
      resolve: (to: string) => Promise.resolve(path.join(root, to)),
      relative: (to: string) => path.relative(root, to),
    },
    index,
    store,
    lease: { ...lease, onWarning: () => undefined },
    kernelLabels: { folder: FolderId.parse('f') },
    kernelSpecs: () => [],
    version: '1',
    newId: () => 'id',
    clock: () => new Date(),
    closeAfterMs: 60_000,
    log,
    timelineStores: {},
    notebookFiles: { read: () => Promise.reject(new Error('the disk does not answer')) },
    outputStore: {},
    sessions: () => ({}),
    queue: {},
    sharing: {},
  } as Partial<Record<keyof RoomRegistryOptions, unknown>> as RoomRegistryOptions;
}
