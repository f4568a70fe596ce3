/** The hub's end of the keeper's socket, against a keeper that floods it. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { encodeV1, executeRequest, streamMessage } from '@cokernel/proto/jupyter';
import { FrameReader } from '../../src/kernel/frame-stream.js';
import { KeeperConnection } from '../../src/kernel/keeper-connection.js';
import {
  decodeJson,
  encodeJson,
  encodeKernelMessage,
  FromHub,
  KEEPER_PROTOCOL_VERSION,
} from '../../src/kernel/keeper-protocol.js';
import { sender } from '../support/kernel-events.js';
import { waitUntil } from '../support/wait-until.js';

const MESSAGES = 4_000;
/** What Node reads at once. */
const PIECE_BYTES = 64 * 1024;

const kernelId = KernelId.parse(randomUUID());
const closed: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closed.splice(0).reverse()) await close();
});

test('[X5] a kernel that floods has one piece read in a turn of the event loop, so that nobody waits behind it', async () => {
  const message = streamMessage(
    { ...sender(), parent: executeRequest(sender(), { code: '' }).header },
    'stdout',
    'x'.repeat(500),
  );
  const frames = Array.from({ length: MESSAGES }, (_, at) => encodeKernelMessage(kernelId, at + 1, encodeV1(message)));
  const connection = await KeeperConnection.open(await keeperThatFloods(Buffer.concat(frames)), () => undefined);
  closed.push(() => connection.close());
  const turns = countTurns();
  const heardIn = new Map<number, number>();
  let heard = 0;
  await connection.attach(kernelId, 0, 1, () => {
    heard += 1;
    heardIn.set(turns.now(), (heardIn.get(turns.now()) ?? 0) + 1);
  });
  await waitUntil('all to be heard', () => heard === MESSAGES, 30_000);
  turns.stop();
  expect(Math.max(...heardIn.values())).toBeLessThanOrEqual(Math.ceil(PIECE_BYTES / (frames[0]?.length ?? 1)) + 1);
});

/** Resolves with the path of its socket. */
async function keeperThatFloods(flood: Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cokernel-flood-'));
  closed.push(() => rm(folder, { recursive: true }));
  const server = createServer((socket) => answer(socket, flood));
  const path = join(folder, 'keeper.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  closed.push(() => end(server));
  return path;
}

function answer(socket: Socket, flood: Buffer): void {
  const reader = new FrameReader();
  socket.write(encodeJson({ type: 'hello', version: KEEPER_PROTOCOL_VERSION }));
  socket.on('data', (chunk: Buffer) => {
    for (const { payload } of reader.feed(chunk)) {
      const asked = FromHub.parse(decodeJson(payload));
      if (asked.type !== 'request' || asked.request !== 'attach') continue;
      socket.write(encodeJson({ type: 'answer', id: asked.id, ok: true, result: null }));
      socket.write(flood);
    }
  });
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Of the event loop. */
function countTurns() {
  let turns = 0;
  let next = setImmediate(count);
  function count(): void {
    turns += 1;
    next = setImmediate(count);
  }
  return { now: () => turns, stop: () => clearImmediate(next) };
}
