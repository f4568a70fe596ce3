/** The WebSocket of clients in Node, beside a server that sends several messages in one packet. */
import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { PlatformWebSocket } from '../src/websocket-node.js';

test('of messages that come in one packet, each is told when what waited for the one before has gone on', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket, { socket: stream }) => {
    stream.cork();
    for (const text of ['welcome', 'event', 'last']) socket.send(text);
    stream.uncork();
  });
  await once(server, 'listening');
  const socket = new PlatformWebSocket(`ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  try {
    expect(await toldBy(socket)).toEqual(['welcome', 'event', 'last'].flatMap((text) => [text, `${text} is taken in`]));
  } finally {
    socket.close();
    server.close();
  }
});

/** What is told until the last message was taken in, which takes some turns of what waits. */
function toldBy(socket: WebSocket): Promise<readonly string[]> {
  const told: string[] = [];
  return new Promise((resolve, reject) => {
    const takeIn = async (text: string): Promise<void> => {
      told.push(text);
      for (let step = 0; step < 10; step += 1) await Promise.resolve();
      told.push(`${text} is taken in`);
      if (text === 'last') resolve(told);
    };
    socket.addEventListener('message', ({ data }) => {
      takeIn(String(data)).catch(reject);
    });
  });
}
