/** The journal and what an attached hub reads from it: nothing lost, doubled or out of order, and bounded. */
import { describe, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { executeRequest, messageParts } from '@cokernel/proto/jupyter';
import fc from 'fast-check';
import { FRAME_JSON, decodeJson, decodeKernelMessage } from '../../src/kernel/keeper-protocol.js';
import { FrameReader } from '../../src/kernel/frame-stream.js';
import { Journal } from '../../src/keeper/journal.js';
import { KernelFeed } from '../../src/keeper/kernel-feed.js';

const kernelId = KernelId.parse('k');
const parts = messageParts(
  executeRequest({ msgId: 'm', session: 's', username: 'u', date: '' }, { code: 'x'.repeat(100) }),
);

/** A hub that reads only when it is let. */
class SlowHub {
  room = true;
  readonly heard: (number | { gap: [unknown, unknown] } | { event: unknown })[] = [];

  hasRoom(): boolean {
    return this.room;
  }

  write(bytes: Buffer): void {
    for (const { kind, payload } of new FrameReader().feed(bytes) ?? []) {
      if (kind !== FRAME_JSON) this.heard.push(decodeKernelMessage(payload)?.seq ?? -1);
      else this.heard.push(summaryOf(decodeJson(payload)));
    }
  }
}

function summaryOf(value: unknown): { gap: [unknown, unknown] } | { event: unknown } {
  const { event } = value as { event: { type: string; fromSeq?: number; toSeq?: number } };
  return event.type === 'gap' ? { gap: [event.fromSeq, event.toSeq] } : { event: event.type };
}

describe('Journal', () => {
  test('stays within its bound, tells the gap, and keeps numbers contiguous', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 300 }), fc.nat(300), (sizes, from) => {
        const journal = new Journal(100);
        const frames = sizes.map((size, index) => Buffer.alloc(size + 1, index));
        frames.forEach((frame, index) => expect(journal.append(() => frame)).toBe(index + 1));
        const read = readAll(journal, from);
        const kept = read.frames.reduce((total, frame) => total + frame.length, 0);
        expect(kept).toBeLessThanOrEqual(100);
        expect(read.frames).toEqual(frames.slice(read.start));
        expect(read.start === Math.min(from, sizes.length) || read.gap).toBe(true);
      }),
    );
  });

  test('keeps the newest entry, however large', () => {
    const journal = new Journal(10);
    journal.append(() => Buffer.alloc(5));
    journal.append(() => Buffer.alloc(1000));
    expect(journal.after(0)).toEqual({ kind: 'gap', fromSeq: 0, toSeq: 2 });
    expect(journal.after(1)).toMatchObject({ kind: 'entry', seq: 2 });
  });

  test('forgets thousands of entries without losing count', () => {
    const journal = new Journal(100);
    for (let index = 1; index <= 10_000; index += 1) journal.append(() => Buffer.from(String(index)));
    expect(journal.lastSeq).toBe(10_000);
    expect(journal.after(9_999)).toEqual({ kind: 'entry', seq: 10_000, frame: Buffer.from('10000') });
  });
});

function readAll(journal: Journal, from: number) {
  const frames: Buffer[] = [];
  let seq = Math.min(from, journal.lastSeq);
  let start = seq;
  let gap = false;
  for (let step = journal.after(seq); step.kind !== 'end'; step = journal.after(seq)) {
    if (step.kind === 'gap') {
      gap = true;
      seq = step.toSeq - 1;
      start = seq;
    } else {
      frames.push(step.frame);
      seq = step.seq;
    }
  }
  return { frames, start, gap };
}

describe('KernelFeed', () => {
  test('[X7] who attaches from a seq gets what came after it, then what comes, each once', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40 }), fc.nat(20), (rooms, fromSeq) => {
        const feed = new KernelFeed(kernelId, 1e6);
        for (let index = 0; index < 20; index += 1) feed.addMessage('iopub', parts);
        const hub = new SlowHub();
        const attachment = feed.attach(hub, fromSeq);
        for (const room of rooms) {
          hub.room = room;
          feed.addMessage('iopub', parts);
        }
        hub.room = true;
        while (attachment.pump());
        const expected = Array.from({ length: 20 + rooms.length - fromSeq }, (_, index) => fromSeq + 1 + index);
        expect(hub.heard).toEqual(expected);
      }),
    );
  });

  test('[X16] for a hub that does not read nothing is queued; later it is told the gap and goes on', () => {
    const feed = new KernelFeed(kernelId, 2_000);
    const hub = new SlowHub();
    const attachment = feed.attach(hub, 0);
    feed.addMessage('iopub', parts);
    hub.room = false;
    for (let index = 0; index < 1_000; index += 1) feed.addMessage('iopub', parts);
    expect(hub.heard).toEqual([1]);
    hub.room = true;
    attachment.pump();
    const [, gap, next] = hub.heard;
    expect(gap).toEqual({ gap: [1, next] });
    expect(hub.heard.at(-1)).toBe(1_001);
  });

  test('[X21] control does not wait behind a backlog, and its seq does not claim what is before it', () => {
    const feed = new KernelFeed(kernelId, 1e6);
    const hub = new SlowHub();
    const attachment = feed.attach(hub, 0);
    feed.addMessage('iopub', parts);
    hub.room = false;
    feed.addMessage('iopub', parts);
    feed.addMessage('control', parts);
    feed.addMessage('iopub', parts);
    expect(hub.heard).toEqual([1, 1]);
    hub.room = true;
    attachment.pump();
    expect(hub.heard).toEqual([1, 1, 2, 4]);
  });

  test('lifecycle events keep their place among the messages, also for who comes later', () => {
    const feed = new KernelFeed(kernelId, 1e6);
    feed.addMessage('iopub', parts);
    feed.addEvent({ type: 'restarting', reason: 'x' });
    feed.addMessage('iopub', parts);
    const hub = new SlowHub();
    feed.attach(hub, 0).pump();
    expect(hub.heard).toEqual([1, { event: 'restarting' }, 3]);
  });
});
