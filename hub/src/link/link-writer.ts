/**
 * What one end of a link says, gathered until the end of the tick: a frame that goes to many clients one after the other
 * crosses the link once, with the list of those who get it, and many small frames are one message. Order is kept.
 */
import { encodeFrames } from './link-frames.js';
import type { LinkFrame } from './link-frames.js';

type Content = Uint8Array | string;

type Pending =
  { readonly content: null; readonly frame: LinkFrame } | { readonly content: Content; readonly ids: number[] };

/** What one message of the link holds, unless a single frame is larger: what came first need not wait for the rest. */
const MESSAGE_BYTES = 256 * 1024;

export class LinkWriter {
  #pending: Pending[] = [];

  constructor(private readonly write: (message: Uint8Array) => void) {}

  add(frame: LinkFrame): void {
    this.#push({ content: null, frame });
  }

  /** Sends to one client what may be on its way to others already. */
  send(id: number, content: Content): void {
    const last = this.#pending.at(-1);
    if (last !== undefined && last.content === content) last.ids.push(id);
    else this.#push({ content, ids: [id] });
  }

  /** Writes what is there now; what is said later in the tick follows. */
  flush(): void {
    const frames = this.#pending.map(frameOf);
    this.#pending = [];
    for (const group of grouped(frames)) this.write(encodeFrames(group));
  }

  #push(pending: Pending): void {
    this.#pending.push(pending);
    if (this.#pending.length === 1) queueMicrotask(() => this.flush());
  }
}

function frameOf(pending: Pending): LinkFrame {
  if (pending.content === null) return pending.frame;
  const { content, ids } = pending;
  if (typeof content === 'string') return { kind: 'send', ids, isBinary: false, data: Buffer.from(content) };
  return { kind: 'send', ids, isBinary: true, data: content };
}

function* grouped(frames: readonly LinkFrame[]): Generator<readonly LinkFrame[]> {
  let group: LinkFrame[] = [];
  let bytes = 0;
  for (const frame of frames) {
    const size = 'data' in frame ? frame.data.length : 0;
    if (group.length > 0 && bytes + size > MESSAGE_BYTES) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(frame);
    bytes += size;
  }
  if (group.length > 0) yield group;
}
