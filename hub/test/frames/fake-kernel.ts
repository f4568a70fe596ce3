/**
 * A kernel's side of the five sockets, played by the test: it answers kernel_info and runs `print(n)`, and says whatever
 * rubbish it is told to on any channel in between.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  decodeZmqFrames,
  encodeZmqFrames,
  executeReply,
  kernelInfoReply,
  statusMessage,
  streamMessage,
  type Channel,
  type KernelMessage,
  type MessageHeader,
} from '@cokernel/proto/jupyter';
import { Publisher, Reply, Router } from 'zeromq';
import { newConnection, PORTS_PER_KERNEL, signerOf, writeConnectionFile } from '../../src/keeper/connection-file.js';
import { PortPool } from '../../src/keeper/ports.js';
import { SendQueue } from '../../src/keeper/send-queue.js';

const ports = new PortPool();
type RoutedChannel = Exclude<Channel, 'iopub'>;
const ROUTED = ['shell', 'control', 'stdin'] as const;

export class FakeKernel {
  readonly key = randomBytes(16).toString('hex');
  readonly #routers = new Map<RoutedChannel, Router>();
  readonly #queues = new Map<Channel, SendQueue>();
  readonly #publisher = new Publisher({ linger: 0, sendHighWaterMark: 0 });
  readonly #heartbeat = new Reply({ linger: 0 });
  /** As a kernel that computes: only its heartbeat answers. */
  isSilent = false;
  /** Of whoever asked last; rubbish goes there too. */
  #peer: Uint8Array | null = null;
  #loops: Promise<void>[] = [];

  /** Writes the connection file by which a keeper attaches to it. */
  async start(connectionFile: string): Promise<void> {
    const taken = await ports.take(PORTS_PER_KERNEL, '127.0.0.1');
    const connection = { ...newConnection('127.0.0.1', taken), key: this.key };
    const portOf = { shell: connection.shellPort, control: connection.controlPort, stdin: connection.stdinPort };
    for (const channel of ROUTED) await this.#openRouter(channel, portOf[channel]);
    await this.#publisher.bind(`tcp://127.0.0.1:${connection.iopubPort}`);
    this.#queues.set('iopub', new SendQueue(this.#publisher));
    await this.#heartbeat.bind(`tcp://127.0.0.1:${connection.heartbeatPort}`);
    this.#loops.push(this.#echo());
    await writeConnectionFile(connectionFile, connection, 'fake');
  }

  /** Frames as they are, on a channel, to whoever listens. */
  async say(channel: Channel, frames: readonly Uint8Array[]): Promise<void> {
    if (channel !== 'iopub' && this.#peer === null) throw new Error('nobody has asked this kernel yet');
    const address = channel === 'iopub' || this.#peer === null ? [] : [this.#peer];
    await this.#queues.get(channel)?.send([...address, ...frames]);
  }

  async stop(): Promise<void> {
    for (const socket of [...this.#routers.values(), this.#publisher, this.#heartbeat]) socket.close();
    await Promise.all(this.#loops);
  }

  async #openRouter(channel: RoutedChannel, port: number): Promise<void> {
    const router = new Router({ linger: 0, sendHighWaterMark: 0 });
    await router.bind(`tcp://127.0.0.1:${port}`);
    this.#routers.set(channel, router);
    this.#queues.set(channel, new SendQueue(router));
    this.#loops.push(this.#serve(channel, router));
  }

  async #serve(channel: RoutedChannel, router: Router): Promise<void> {
    for await (const [peer, ...frames] of router) {
      const decoded = decodeZmqFrames(frames, channel, signerOf(this.key));
      if (peer === undefined || !decoded.ok) continue;
      this.#peer = peer;
      await this.#answer(decoded.message);
    }
  }

  async #echo(): Promise<void> {
    for await (const frames of this.#heartbeat) await this.#heartbeat.send(frames);
  }

  async #answer({ channel, header, content }: KernelMessage): Promise<void> {
    const { msg_type } = header;
    if (this.isSilent || !['kernel_info_request', 'execute_request'].includes(msg_type)) return;
    await this.#tell(statusMessage(answerTo(header), 'busy'));
    if (msg_type === 'execute_request') await this.#run(header, String(content['code']));
    else await this.#tell({ ...kernelInfoReply(answerTo(header), INFO), channel });
    await this.#tell(statusMessage(answerTo(header), 'idle'));
  }

  async #run(header: MessageHeader, code: string): Promise<void> {
    const printed = /^print\((\d+)\)$/.exec(code)?.[1] ?? '';
    await this.#tell(streamMessage(answerTo(header), 'stdout', `${printed}\n`));
    await this.#tell(executeReply(answerTo(header), { status: 'ok', executionCount: 1 }));
  }

  async #tell(message: KernelMessage): Promise<void> {
    await this.say(message.channel, encodeZmqFrames(message, signerOf(this.key)));
  }
}

const INFO = {
  implementation: 'fake',
  implementationVersion: '1',
  languageInfo: { name: 'fake' },
  banner: '',
} as const;

function answerTo(parent: MessageHeader) {
  return { msgId: randomUUID(), session: 'fake', username: 'fake', date: new Date().toISOString(), parent };
}
