/** Reasons of any length and script, through a real close frame. */
import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { WsDoorSocket } from '../../src/gateway/ws-door-socket.js';

/** What the other side reads. */
async function readReason(reason: string): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    new WsDoorSocket(socket).close(4404, reason);
  });
  const client = new WebSocket(`ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  const [, read] = (await once(client, 'close')) as [number, Buffer];
  server.close();
  return read.toString();
}

test.each([
  ['short', 'no such notebook'],
  ['as long as fits', 'x'.repeat(123)],
  ['too long', 'x'.repeat(400)],
  ['too long in three-byte characters', '数据笔记本'.repeat(40)],
  ['too long in characters of two units', `a${'📓'.repeat(60)}`],
])('[P7] a reason that is %s is cut at a whole character', async (_title, reason) => {
  const read = await readReason(reason);
  expect(reason.startsWith(read)).toBe(true);
  expect(read).not.toContain('\ufffd');
  const bytes = new TextEncoder().encode(read).length;
  expect(bytes).toBeLessThanOrEqual(123);
  if (read !== reason) expect(bytes).toBeGreaterThan(119);
});
