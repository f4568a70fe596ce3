/** Somebody at the keeper's socket who says what must not be followed: on one connection as long as it lives, then on the next. */
import { connect, type Socket } from 'node:net';
import { encodeJson, KEEPER_PROTOCOL_VERSION } from '../../src/kernel/keeper-protocol.js';
import type { BadFrame } from './bad-keeper-frames.js';

export class RudePeer {
  #socket: Socket | null = null;

  constructor(private readonly socketPath: string) {}

  /** Resolves when all is written and the last connection is closed. */
  async say(frames: readonly BadFrame[]): Promise<void> {
    for (const frame of frames) await this.#say(frame);
    await this.#hangUp();
  }

  async #say({ bytes, afterHello, isLast }: BadFrame): Promise<void> {
    if (!afterHello) await this.#hangUp();
    const socket = (this.#socket ??= await this.#call(afterHello));
    await written(socket, bytes);
    if (isLast) await this.#hangUp();
  }

  async #call(greets: boolean): Promise<Socket> {
    const socket = connect(this.socketPath);
    // The keeper may close first, in the middle of what is written.
    socket.on('error', () => undefined).resume();
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => {
        resolve();
      });
      socket.once('error', reject);
    });
    if (greets) await written(socket, encodeJson({ type: 'hello', version: KEEPER_PROTOCOL_VERSION }));
    return socket;
  }

  async #hangUp(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null || socket.closed) return;
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        resolve();
      });
    });
    socket.end();
    await closed;
  }
}

function written(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (!socket.write(bytes)) socket.once('drain', resolve).once('close', () => resolve());
    else resolve();
  });
}
