/** What a KernelHost told one listener, in order, and ways to wait for it and to run code. */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { KernelId } from '@cokernel/proto/hub';
import { executeRequest, parentId, type ExecuteRequestOptions, type KernelMessage } from '@cokernel/proto/jupyter';
import type { AttachedKernel, KernelHost, KernelHostEvent } from '../../src/kernel/kernel-host.js';
import { waitUntil } from './wait-until.js';

export class KernelEvents {
  readonly all: KernelHostEvent[] = [];
  readonly listener = (event: KernelHostEvent): void => {
    this.all.push(event);
  };

  get messages(): readonly KernelMessage[] {
    return this.all.flatMap((event) => (event.type === 'message' ? [event.message] : []));
  }

  get seqs(): readonly number[] {
    return this.all.flatMap((event) => ('seq' in event ? [event.seq] : []));
  }

  ofType<T extends KernelHostEvent['type']>(type: T): readonly Extract<KernelHostEvent, { type: T }>[] {
    return this.all.filter((event): event is Extract<KernelHostEvent, { type: T }> => event.type === type);
  }

  childrenOf(msgId: string, msgType?: string): readonly KernelMessage[] {
    const children = this.messages.filter((message) => parentId(message) === msgId);
    return children.filter(({ header }) => msgType === undefined || header.msg_type === msgType);
  }

  /** All that a request printed. */
  textOf(msgId: string): string {
    return this.childrenOf(msgId, 'stream')
      .map(({ content }) => String(content['text']))
      .join('');
  }

  async until(type: KernelHostEvent['type'], count = 1): Promise<void> {
    await waitUntil(
      () => `${count} × ${type}; was told ${this.#told() || 'nothing'}`,
      () => this.ofType(type).length >= count,
    );
  }

  async untilChild(msgId: string, msgType: string): Promise<KernelMessage> {
    await waitUntil(`${msgType} of ${msgId}`, () => this.childrenOf(msgId, msgType).length > 0);
    const [child] = this.childrenOf(msgId, msgType);
    if (child === undefined) throw new Error('it was there a moment ago');
    return child;
  }

  #told(): string {
    return this.all.map((event) => ('reason' in event ? `${event.type} (${event.reason})` : event.type)).join(', ');
  }

  /** J7: both the reply and the idle status. */
  async untilDone(msgId: string): Promise<void> {
    const isIdle = () => this.childrenOf(msgId, 'status').some(({ content }) => content['execution_state'] === 'idle');
    await this.untilChild(msgId, 'execute_reply');
    await waitUntil(`idle of ${msgId}`, isIdle);
  }
}

export function sender(msgId: string = randomUUID()) {
  return { msgId, session: 'test-session', username: 'ann', date: new Date().toISOString() };
}

/** Sends code and gives the request's id. */
export async function sendCode(
  kernel: AttachedKernel,
  code: string,
  options: Partial<ExecuteRequestOptions> & { readonly msgId?: string } = {},
): Promise<string> {
  const request = executeRequest(sender(options.msgId), { code, ...options });
  await kernel.send(request);
  return request.header.msg_id;
}

export async function startKernel(host: KernelHost, specName = 'python3') {
  const kernelId = KernelId.parse(randomUUID());
  const events = new KernelEvents();
  await host.start({ kernelId, specName, cwd: tmpdir(), labels: {}, fence: 1 });
  const attached = await host.attach(kernelId, { fromSeq: 0, fence: 1 }, events.listener);
  return { kernelId, events, ...attached };
}

export async function readyKernel(host: KernelHost, specName?: string) {
  const started = await startKernel(host, specName);
  await started.events.until('ready');
  return started;
}

export async function evaluated(started: Awaited<ReturnType<typeof startKernel>>, code: string): Promise<string> {
  const id = await sendCode(started.kernel, code);
  await started.events.untilDone(id);
  return started.events.textOf(id);
}
