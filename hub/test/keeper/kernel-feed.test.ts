/** What attached hubs are handed: in order, once, numbered, as fast as they read and no faster. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { executeRequest, messageParts } from '@cokernel/proto/jupyter';
import fc from 'fast-check';
import { JournalSegments } from '../../src/keeper/journal-segments.js';
import { KernelFeed } from '../../src/keeper/kernel-feed.js';
import { FrameReader } from '../../src/kernel/frame-stream.js';
import { FRAME_JSON, decodeJson, decodeKernelMessage } from '../../src/kernel/keeper-protocol.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';

const kernelId = KernelId.parse('k');
const parts = messageParts(
  executeRequest({ msgId: 'm', session: 's', username: 'u', date: '' }, { code: 'x'.repeat(100) }),
);
let folder: ScratchFolder;
let feeds: KernelFeed[] = [];

beforeEach(async () => {
  folder = await scratchFolder();
});
afterEach(async () => {
  for (const feed of feeds) feed.close();
  feeds = [];
  await folder.remove();
});

function newFolder(name: string): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  return path;
}

interface FeedLimits {
  readonly maxBytes?: number;
  readonly maxUnreadBytes?: number;
  readonly maxMemoryBytes?: number;
}

function newFeed(limits: FeedLimits = {}): KernelFeed {
  const { maxBytes = 1e6, maxUnreadBytes = maxBytes, maxMemoryBytes = 2_000 } = limits;
  const path = newFolder(`feed-${String(feeds.length)}`);
  const segments = new JournalSegments({ folder: path, maxBytes, maxUnreadBytes, segmentBytes: maxBytes / 8 });
  segments.create();
  const feed = new KernelFeed({ kernelId, segments, lastSeq: 0, maxMemoryBytes, onUnwritable: () => undefined });
  feeds.push(feed);
  return feed;
}

/** A hub that reads only when it is let. */
class SlowHub {
  room = true;
  readonly heard: unknown[] = [];

  hasRoom(): boolean {
    return this.room;
  }

  write(bytes: Buffer): void {
    for (const { kind, payload } of new FrameReader().feed(bytes) ?? []) {
      this.heard.push(kind === FRAME_JSON ? eventOf(decodeJson(payload)) : decodeKernelMessage(payload)?.seq);
    }
  }
}

function eventOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'event' in value ? value.event : value;
}

function say(feed: KernelFeed, count = 1): void {
  for (let index = 0; index < count; index += 1) feed.addMessage('iopub', parts);
  feed.flush();
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('KernelFeed', () => {
  test('[X7] who attaches from a seq gets what came after it, then what comes, each once', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40 }), fc.nat(20), (rooms, fromSeq) => {
        const feed = newFeed();
        say(feed, 20);
        const hub = new SlowHub();
        const attachment = feed.attach(hub, fromSeq);
        for (const room of rooms) {
          hub.room = room;
          say(feed);
        }
        hub.room = true;
        while (attachment.pump());
        expect(hub.heard).toEqual(numbers(fromSeq + 1, 20 + rooms.length));
      }),
      { numRuns: 50 },
    );
  });

  test('what comes in one turn of the event loop is handed on at its end, together', async () => {
    const feed = newFeed();
    const hub = new SlowHub();
    feed.attach(hub, 0);
    for (let index = 0; index < 3; index += 1) feed.addMessage('iopub', parts);
    expect(hub.heard).toEqual([]);
    await setImmediate();
    expect(hub.heard).toEqual([1, 2, 3]);
  });

  test('[X16] for a hub that does not read nothing is queued; later it gets all that the journal holds', () => {
    const feed = newFeed();
    const hub = new SlowHub();
    const attachment = feed.attach(hub, 0);
    say(feed);
    hub.room = false;
    say(feed, 1_000);
    expect(hub.heard).toEqual([1]);
    hub.room = true;
    while (attachment.pump());
    expect(hub.heard).toEqual(numbers(1, 1_001));
  });

  test('[X16] what a full journal dropped is told as a gap with its reason, and it goes on', () => {
    const feed = newFeed({ maxBytes: 16_000 });
    const hub = new SlowHub();
    const attachment = feed.attach(hub, 0);
    say(feed);
    hub.room = false;
    for (let index = 0; index < 1_000; index += 1) say(feed);
    hub.room = true;
    while (attachment.pump());
    const [, gap, next, ...rest] = hub.heard;
    expect(gap).toEqual({ type: 'gap', fromSeq: 1, toSeq: next, reason: 'the journal was full' });
    expect([next, ...rest]).toEqual(numbers(Number(next), 1_001));
  });

  test('[X5] [X16] what an attached hub has not read is kept beyond that, up to a bound of its own, and no longer', () => {
    const feed = newFeed({ maxBytes: 16_000, maxUnreadBytes: 1e6 });
    const hub = new SlowHub();
    const attachment = feed.attach(hub, 0);
    hub.room = false;
    for (let index = 0; index < 1_000; index += 1) say(feed);
    expect(feed.journalBytes).toBeGreaterThan(100_000);
    hub.room = true;
    while (attachment.pump());
    expect(hub.heard).toEqual(numbers(1, 1_000));
    say(feed);
    expect(feed.journalBytes).toBeLessThan(20_000);
    feed.detach(attachment);
    for (let index = 0; index < 1_000; index += 1) say(feed);
    expect(feed.journalBytes).toBeLessThan(20_000);
  });

  test('[X21] control does not wait behind a backlog, and its seq does not claim what is before it', () => {
    const feed = newFeed();
    const hub = new SlowHub();
    const attachment = feed.attach(hub, 0);
    say(feed);
    hub.room = false;
    say(feed);
    feed.addMessage('control', parts);
    say(feed);
    expect(hub.heard).toEqual([1, 1]);
    hub.room = true;
    while (attachment.pump());
    expect(hub.heard).toEqual([1, 1, 2, 4]);
  });

  test('events keep their place among the messages, with their seq, also when they are read back from the file', () => {
    const feed = newFeed({ maxMemoryBytes: 1 });
    say(feed);
    feed.addEvent({ type: 'sent', msgId: 'run' });
    feed.addEvent({ type: 'gap', reason: 'the keeper was away' });
    feed.addEvent({ type: 'died', reason: 'x', stderr: 'y' });
    say(feed);
    const hub = new SlowHub();
    feed.attach(hub, 0).pump();
    expect(hub.heard).toEqual([
      1,
      { type: 'sent', seq: 2, msgId: 'run' },
      { type: 'gap', fromSeq: 2, toSeq: 4, reason: 'the keeper was away' },
      { type: 'died', seq: 4, reason: 'x', stderr: 'y' },
      5,
    ]);
  });
});
