/** What each role may do in a room: a real room and store, and sockets that only remember what they were sent. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as decoding from 'lib0/decoding';
import { pino } from 'pino';
import * as Y from 'yjs';
import {
  AnswerFrame,
  CellId,
  EventFrame,
  FRAME_HUB,
  FRAME_JUPYTERLAB,
  FRAME_SYNC,
  FileId,
  Role,
  calls,
  readHubFrame,
  roleHas,
  sourceHash,
} from '@cokernel/proto/hub';
import type { HubEvent } from '@cokernel/proto/hub';
import { makeCodeCell, makeNotebook, writeNotebook } from '@cokernel/proto/notebook';
import type { KernelHost } from '../../src/kernel/kernel-host.js';
import { FileSync } from '../../src/room/file-sync.js';
import { FrameReader } from '../../src/room/frame-reader.js';
import { stepOneFrame, updateFrame } from '../../src/room/frames.js';
import { KernelSharing } from '../../src/room/kernel-sharing.js';
import { NotebookKernel } from '../../src/room/notebook-kernel.js';
import { openRoom } from '../../src/room/open-room.js';
import { RoomCalls } from '../../src/room/room-calls.js';
import { RoomClient } from '../../src/room/room-client.js';
import type { Room } from '../../src/room/room.js';
import type { KernelSessions } from '../../src/run/kernel-sessions.js';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import type { EmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { kernelSessionsOver } from '../support/kernel-sessions.js';
import { notebookFilesIn } from '../support/notebook-files.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';
import { waitUntil } from '../support/wait-until.js';

const log = pino({ level: 'silent' });
const common = { newId: randomUUID, clock: () => new Date(), log };

let scratch: ScratchFolder;
let store: EmbeddedStore;
let room: Room;
let kernel: NotebookKernel;

beforeEach(async () => {
  scratch = await scratchFolder();
  store = await openEmbeddedStore({ directory: path.join(scratch.path, 'store'), onNotice: () => undefined, log });
  const absolute = path.join(scratch.path, 'a.ipynb');
  await writeFile(absolute, writeNotebook(makeNotebook([{ ...makeCodeCell('1'), id: CellId.parse('c0') }])));
  const outputStore = {
    put: noOutputs,
    refer: () => Promise.resolve(),
    setReferences: () => Promise.resolve(),
    isReferred: () => Promise.resolve(false),
  };
  const notebookFiles = notebookFilesIn(path.join(scratch.path, 'outputs'));
  const files = new FileSync({ store: store.documents, notebookFiles, outputStore, ...common });
  const fileId = FileId.parse('f1');
  const opened = await files.open(fileId, absolute, 1);
  ({ room } = openRoom({
    ...common,
    fileId,
    path: 'a.ipynb',
    absolute,
    opened,
    files,
    timelineStores: store.timeline,
    outputStore,
    queue: store.runQueue,
    version: '0',
    kernelSpecs: () => [],
    notebooksOf: () => [],
    kernelGone: () => null,
    followMoved: () => Promise.resolve(null),
    seen: () => Promise.resolve(),
    onEmpty: () => undefined,
  }));
  const sessions = sessionsWithoutKernels();
  const sharing = new KernelSharing({
    ...common,
    uses: store.kernelUses,
    queue: store.runQueue,
    sessions: () => sessions,
    pathOf: () => 'a.ipynb',
    rooms: () => Promise.resolve([room]),
  });
  kernel = new NotebookKernel({
    room,
    sessions,
    sharing,
    queue: store.runQueue,
    labels: {},
    workingDirectory: () => scratch.path,
    wish: () => ({ specName: null, language: null }),
  });
});

afterEach(async () => {
  await room.stop();
  await store.close();
  await scratch.remove();
});

const noOutputs = (): Promise<never> => Promise.reject(new Error('nothing large is here'));

/** On a machine where no kernel is installed. */
function sessionsWithoutKernels(): KernelSessions {
  const none = (): Promise<never> => Promise.reject(new Error('there are no kernels here'));
  const host: KernelHost = {
    kernelSpecs: () => Promise.resolve([]),
    kernels: () => Promise.resolve([]),
    start: none,
    adoptExisting: none,
    attach: none,
    close: () => Promise.resolve(),
  };
  return kernelSessionsOver(store, { host });
}

/** Somebody of this role, in the room and greeted. */
async function visitor(role: Role) {
  const sent: Uint8Array[] = [];
  const closed: number[] = [];
  const client = new RoomClient({
    id: randomUUID(),
    role,
    send: (frame) => sent.push(frame),
    close: (code) => closed.push(code),
  });
  room.add(client);
  const roomCalls = new RoomCalls({ ...common, room, client, kernel, queue: store.runQueue });
  const reader = new FrameReader({
    room,
    client,
    onCall: () => undefined,
    keepForeign: () => Promise.resolve(),
    onError: (error) => {
      throw error;
    },
  });
  const ofType = (type: number): Uint8Array[] => sent.filter((frame) => frame[0] === type);
  const json = (): unknown[] =>
    ofType(FRAME_HUB).map((frame) => {
      const decoder = decoding.createDecoder(frame);
      decoding.readVarUint(decoder);
      return readHubFrame(decoder);
    });
  const visiting = {
    closed,
    sent,
    updates: (): number => ofType(FRAME_SYNC).filter((frame) => frame[1] === 2).length,
    events: (): HubEvent[] => json().flatMap((one) => EventFrame.safeParse(one).data?.event ?? []),
    rawAnswers: (): string[] => ofType(FRAME_JUPYTERLAB).map((frame) => new TextDecoder().decode(frame.slice(2))),
    read: (frame: Uint8Array) => reader.read(frame),
    call: async (call: string, params: unknown): Promise<AnswerFrame> => {
      await roomCalls.receive({ id: 1, call, params });
      return AnswerFrame.parse(json().at(-1));
    },
  };
  reader.read(stepOneFrame(new Uint8Array([0])));
  await waitUntil('the state was sent', () => ofType(FRAME_SYNC).length > 0);
  await visiting.call('hello', { protocol: 1, deviceId: randomUUID(), client: 'program' });
  return visiting;
}

/** An edit by somebody who has the room's state. */
function edit(): Uint8Array {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(room.document.doc));
  const before = Y.encodeStateVector(doc);
  doc.getArray<Y.Map<Y.Text>>('cells').get(0).get('source')?.insert(0, 'edited ');
  return updateFrame(Y.encodeStateAsUpdate(doc, before));
}

const source = (): string => String(room.document.doc.getArray<Y.Map<Y.Text>>('cells').get(0).get('source'));

describe('an edit', () => {
  test.each<Role>(['viewer', 'runner'])(
    '[P33] [X13] of a %s is neither applied nor handed on, and they are told',
    async (role) => {
      const [guest, editor] = [await visitor(role), await visitor('editor')];
      guest.read(edit());
      expect(source()).toBe('1');
      expect(editor.updates()).toBe(0);
      expect(guest.events().at(-1)).toMatchObject({ event: 'refused' });
      expect(guest.closed).toEqual([]);
    },
  );

  test.each<Role>(['editor', 'owner'])(
    'of an %s is applied and handed to the others, not to its author',
    async (role) => {
      const [author, guest] = [await visitor(role), await visitor('viewer')];
      author.read(edit());
      expect(source()).toBe('edited 1');
      expect(guest.updates()).toBe(1);
      expect(author.updates()).toBe(0);
    },
  );
});

describe('a save', () => {
  test("[P12] [X13] by JupyterLab's frame fails for who may not edit", async () => {
    const guest = await visitor('runner');
    guest.read(Uint8Array.of(FRAME_JUPYTERLAB, 4, ...new TextEncoder().encode('save'), 5));
    expect(guest.rawAnswers()).toEqual([JSON.stringify({ type: 'save', responseTo: 5, status: 'failed' })]);
  });
});

describe('a call', () => {
  test.each(Role.options)('[P16] [X13] of a %s is refused whenever the role lacks its right', async (role) => {
    const caller = await visitor(role);
    for (const [call, { right }] of Object.entries(calls)) {
      const answer = await caller.call(call, {});
      const code = answer.ok ? null : answer.error.code;
      expect({ call, forbidden: code === 'forbidden' }).toEqual({ call, forbidden: !roleHas(role, right) });
    }
  });

  test('that needs a kernel where none is installed says so', async () => {
    const caller = await visitor('owner');
    const cells = [{ cellId: 'c0', sourceHash: sourceHash('1') }];
    expect(await caller.call('run', { requestId: 'r', cells })).toMatchObject({ error: { code: 'noSuchKernelSpec' } });
  });
});
