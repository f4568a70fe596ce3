/** Somebody who has found a kernel's ports and sends it rubbish past its keeper. */
import { randomUUID } from 'node:crypto';
import { decodeZmqFrames, encodeZmqFrames, kernelInfoRequest, parentId } from '@cokernel/proto/jupyter';
import { Dealer } from 'zeromq';
import { endpointOf, signerOf, type Connection } from '../../src/keeper/connection-file.js';
import { readExistingConnection } from '../../src/keeper/existing-connection.js';
import { waitUntil } from '../support/wait-until.js';
import type { BadMessage } from './bad-messages.js';

const CHANNELS = ['shell', 'control', 'stdin'] as const;

export class RudeClient {
  readonly #dealers: readonly Dealer[];
  #loops: Promise<void>[] = [];
  readonly #answered = new Set<string>();

  private constructor(private readonly connection: Connection) {
    this.#dealers = CHANNELS.map(() => new Dealer({ linger: 0, sendHighWaterMark: 0, routingId: randomUUID() }));
  }

  static async open(connectionFile: string): Promise<RudeClient> {
    const { connection } = await readExistingConnection(connectionFile);
    const client = new RudeClient(connection);
    client.#open();
    return client;
  }

  get key(): string {
    return this.connection.key;
  }

  /** Resolves when the kernel has read it all: it answers a good request that comes after. */
  async say(messages: readonly BadMessage[]): Promise<void> {
    for (const [index, { reason, frames }] of messages.entries()) {
      const dealer = this.#dealers[index % CHANNELS.length];
      for (let times = reason === 'repeated' ? 2 : 1; times > 0; times -= 1) await dealer?.send([...frames]);
    }
    const msgId = randomUUID();
    const request = kernelInfoRequest({ msgId, session: 'rude', username: 'rude', date: '' });
    for (const dealer of this.#dealers.slice(0, 2)) await dealer.send(encodeZmqFrames(request, signerOf(this.key)));
    await waitUntil('the kernel answers as before', () => this.#answered.has(msgId));
  }

  async close(): Promise<void> {
    for (const dealer of this.#dealers) dealer.close();
    await Promise.all(this.#loops);
  }

  #open(): void {
    const { shellPort, controlPort, stdinPort } = this.connection;
    const ports = [shellPort, controlPort, stdinPort];
    this.#loops = this.#dealers.map((dealer, index) => {
      dealer.connect(endpointOf(this.connection, ports[index] ?? 0));
      return this.#listen(dealer);
    });
  }

  async #listen(dealer: Dealer): Promise<void> {
    for await (const frames of dealer) {
      const decoded = decodeZmqFrames(frames, 'shell', signerOf(this.key));
      if (decoded.ok) this.#answered.add(parentId(decoded.message) ?? '');
    }
  }
}
