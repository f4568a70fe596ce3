/**
 * How many messages the kernels have said, by channel and type. Kernels say thousands a second, so each costs one look
 * into a map; the counts are handed over when somebody reads.
 */
import { Counter } from 'prom-client';
import type { Registry } from 'prom-client';
import type { KernelMessage } from '@cokernel/proto/jupyter';

/** What a kernel says by the protocol; all else counts as 'other', since kernels may make up as many types as they like. */
const KNOWN_TYPES: Readonly<Record<KernelMessage['channel'], readonly string[]>> = {
  iopub: [
    ...['status', 'stream', 'display_data', 'update_display_data', 'execute_input', 'execute_result', 'error'],
    ...['clear_output', 'comm_open', 'comm_msg', 'comm_close', 'debug_event', 'iopub_welcome', 'shutdown_reply'],
  ],
  shell: [
    ...['execute_reply', 'inspect_reply', 'complete_reply', 'history_reply', 'is_complete_reply', 'connect_reply'],
    ...['comm_info_reply', 'kernel_info_reply'],
  ],
  control: [
    ...['shutdown_reply', 'interrupt_reply', 'debug_reply', 'usage_reply', 'kernel_info_reply'],
    ...['create_subshell_reply', 'delete_subshell_reply', 'list_subshell_reply'],
  ],
  stdin: ['input_request'],
};

interface Count {
  readonly type: string;
  messages: number;
}

interface ChannelCounts {
  readonly known: ReadonlyMap<string, Count>;
  readonly other: Count;
}

export class MessageCounts {
  private readonly channels: Readonly<Record<KernelMessage['channel'], ChannelCounts>> = {
    iopub: countsOf(KNOWN_TYPES.iopub),
    shell: countsOf(KNOWN_TYPES.shell),
    control: countsOf(KNOWN_TYPES.control),
    stdin: countsOf(KNOWN_TYPES.stdin),
  };

  constructor(registry: Registry) {
    const hand = (counter: Counter<'channel' | 'type'>): void => this.handTo(counter);
    new Counter({
      name: 'cokernel_kernel_messages_total',
      help: 'Messages that the kernels of this hub have said, by channel and type.',
      labelNames: ['channel', 'type'],
      registers: [registry],
      collect() {
        hand(this);
      },
    });
  }

  add({ channel, header }: KernelMessage): void {
    const { known, other } = this.channels[channel];
    (known.get(header.msg_type) ?? other).messages += 1;
  }

  private handTo(counter: Counter<'channel' | 'type'>): void {
    counter.reset();
    for (const [channel, { known, other }] of Object.entries(this.channels)) {
      for (const { type, messages } of [...known.values(), other]) counter.inc({ channel, type }, messages);
    }
  }
}

function countsOf(types: readonly string[]): ChannelCounts {
  const known = new Map(types.map((type) => [type, { type, messages: 0 }]));
  return { known, other: { type: 'other', messages: 0 } };
}
