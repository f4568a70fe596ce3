/** What a kernel said lately: the bound, and what a client that reads late is told. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { buildMessage, decodeDefault, decodeV1 } from '@cokernel/proto/jupyter';
import { batchOf } from '../../src/run/client-run.js';
import { ChannelBacklog } from '../../src/run/kernel-channel-backlog.js';
import type { ChannelSocket } from '../../src/run/kernel-channel-client.js';
import { ChannelClient } from '../../src/run/kernel-channel-client.js';
import { holeMessage } from '../../src/run/kernel-channel-answers.js';

const [ann, bob] = [batchOf('ann'), batchOf('bob')];
const sender = (msgId: string) => ({ msgId, session: 'kernel', username: '', date: '' });
const parent = buildMessage(sender('run'), { channel: 'shell', msgType: 'execute_request', content: {} }).header;

function message(n: number, msgType = 'stream', size = 0): KernelMessage {
  const channel = msgType.endsWith('_reply') ? 'shell' : 'iopub';
  return buildMessage(sender(`m${String(n)}`), { channel, msgType, content: { n, text: 'x'.repeat(size) }, parent });
}

/** What a client reads from `position` on: ids, and holes by their number of messages. */
function read(backlog: ChannelBacklog, position: number, client = ann): (string | number)[] {
  const read: (string | number)[] = [];
  for (let entry = backlog.next(position, client); entry !== null; entry = backlog.next(entry.position + 1, client)) {
    read.push(entry.kind === 'hole' ? entry.count : entry.msgId);
  }
  return read;
}

describe('the backlog', () => {
  test('hands each client what is for everybody and for it, in order, in either protocol', () => {
    const backlog = new ChannelBacklog({ maxBytes: 10_000 });
    backlog.add(message(1), null);
    backlog.add(message(2, 'execute_reply'), ann);
    backlog.add(message(3, 'execute_reply'), bob);
    backlog.add(message(4), null);
    expect(read(backlog, 0)).toEqual(['m1', 'm2', 'm4']);
    expect(read(backlog, 2, bob)).toEqual(['m3', 'm4']);
    for (const position of [1, 3]) {
      const entry = backlog.next(position, ann);
      if (entry?.kind !== 'message') throw new Error('nothing there');
      const v1 = decodeV1(new Uint8Array(Buffer.from(backlog.frameOf(entry, 'v1'))));
      const plain = decodeDefault(backlog.frameOf(entry, 'default'));
      expect(v1.ok && plain.ok && v1.message).toEqual(plain.ok && plain.message);
    }
  });

  test('lets output go first where the bound cuts, and keeps states and replies', () => {
    const backlog = new ChannelBacklog({ maxBytes: 20_000 });
    backlog.add(message(0, 'status'), null);
    for (let n = 1; n <= 40; n += 1) backlog.add(message(n, 'stream', 1_000), null);
    backlog.add(message(41, 'execute_reply'), ann);
    backlog.add(message(42, 'status'), null);
    const got = read(backlog, 0);
    expect(got[0]).toBe('m0');
    expect(got[1]).toBeGreaterThan(20);
    expect(got.slice(-3)).toEqual(['m40', 'm41', 'm42']);
    expect(backlog.size).toBeLessThanOrEqual(20_000);
  });

  test('never holds more than its bound, and says of every message that it is there or missing, in order', () => {
    const kinds = fc.constantFrom('stream', 'status', 'execute_reply');
    const added = fc.array(fc.record({ kind: kinds, size: fc.nat(3_000) }), { maxLength: 200 });
    fc.assert(
      fc.property(added, (messages) => {
        const backlog = new ChannelBacklog({ maxBytes: 12_000 });
        messages.forEach(({ kind, size }, n) => {
          backlog.add(message(n, kind, size), null);
          expect(backlog.size).toBeLessThanOrEqual(12_000);
        });
        const got = read(backlog, 0);
        const missing = got.reduce<number>((sum, one) => sum + (typeof one === 'number' ? one : 0), 0);
        const ids = got.filter((one) => typeof one === 'string').map((id) => Number(id.slice(1)));
        expect(missing + ids.length).toBe(messages.length);
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  test('forgets what all have read', () => {
    const backlog = new ChannelBacklog({ maxBytes: 10_000 });
    for (let n = 0; n < 5; n += 1) backlog.add(message(n), null);
    backlog.forgetBefore(3);
    expect(read(backlog, 0)).toEqual(['m3', 'm4']);
    backlog.forgetBefore(backlog.end);
    expect(backlog.size).toBe(0);
  });
});

class Socket implements ChannelSocket {
  readonly protocol = 'v1';
  readonly sent: string[] = [];
  readonly pings: string[] = [];
  closed: number | null = null;
  room = Infinity;

  get hasRoom(): boolean {
    return this.sent.length < this.room;
  }

  send(frame: string | Uint8Array): void {
    const decoded = decodeV1(new Uint8Array(Buffer.from(frame)));
    if (decoded.ok) this.sent.push(decoded.message.header.msg_id);
  }

  ping(text: string): void {
    this.pings.push(text);
  }

  close(code: number): void {
    this.closed = code;
  }
}

describe('a client', () => {
  const setUp = () => {
    const backlog = new ChannelBacklog({ maxBytes: 10_000 });
    let time = 0;
    let mayGoOn = true;
    const client = new ChannelClient({
      key: ann,
      backlog,
      mayGoOn: () => mayGoOn,
      tellHole: (hole) => holeMessage(hole, () => sender('hole')),
      pingEveryMs: 50,
      now: () => (time += 100),
    });
    const socket = new Socket();
    client.attach(socket, null);
    const say = (...numbers: readonly number[]): void => {
      for (const n of numbers) {
        backlog.add(message(n), null, !mayGoOn);
        client.pump();
      }
    };
    /** What an earlier hub has passed on is told again until `end` is called. */
    const beginPast = (): (() => void) => {
      mayGoOn = false;
      return () => {
        mayGoOn = true;
        client.pump();
      };
    };
    return { backlog, client, socket, say, beginPast };
  };

  test('[S2] whose connection breaks is sent again what no answered ping covers', () => {
    const { client, socket, say } = setUp();
    say(0, 1, 2);
    client.ponged(socket.pings[1] ?? '');
    client.detach(socket, false);
    say(3);
    const next = new Socket();
    client.attach(next, null);
    expect(next.sent).toEqual(['m2', 'm3']);
  });

  test('[S2] that says goodbye has read what it was sent', () => {
    const { client, socket, say } = setUp();
    say(0, 1);
    client.detach(socket, true);
    say(2);
    const next = new Socket();
    client.attach(next, null);
    expect(next.sent).toEqual(['m2']);
  });

  test('[S2] that names the last message it has got is sent what follows', () => {
    const { client, socket, say } = setUp();
    say(0, 1, 2);
    client.detach(socket, false);
    const next = new Socket();
    client.attach(next, 'm1');
    expect(next.sent).toEqual(['m2']);
  });

  test('[S2] [X7] of an earlier hub is sent nothing before that one’s part is told, and then the rest', () => {
    const { backlog, client, socket, say, beginPast } = setUp();
    client.detach(socket, false);
    const end = beginPast();
    say(0, 1);
    const next = new Socket();
    client.attach(next, null);
    // The hub's own answer to a run that had ended.
    backlog.add(message(2), ann);
    say(3);
    expect(next.sent).toEqual([]);
    end();
    say(4);
    expect(next.sent).toEqual(['m2', 'm4']);
  });

  test('[S2] [X7] of an earlier hub that names an older message than that one passed on misses nothing', () => {
    const { client, socket, say, beginPast } = setUp();
    client.detach(socket, false);
    const end = beginPast();
    say(0, 1, 2);
    end();
    say(3);
    const next = new Socket();
    client.attach(next, 'm0');
    expect(next.sent).toEqual(['m1', 'm2', 'm3']);
  });

  test('[X16] without room is sent nothing more until it has some, and keeps nothing from being forgotten once it has read', () => {
    const { backlog, client, socket, say } = setUp();
    socket.room = 2;
    say(0, 1, 2, 3);
    expect(socket.sent).toEqual(['m0', 'm1']);
    socket.room = Infinity;
    client.pump();
    expect(socket.sent).toEqual(['m0', 'm1', 'm2', 'm3']);
    expect(client.readUpTo).toBe(0);
    client.ponged(socket.pings.at(-1) ?? '');
    expect(client.readUpTo).toBe(backlog.end);
  });

  test('believes no answer to a ping that it was not sent', () => {
    const { client, say } = setUp();
    say(0, 1);
    for (const odd of ['', 'x', '1000', '-1', 'Infinity', 'NaN']) client.ponged(odd);
    expect(client.readUpTo).toBe(0);
  });

  test('closes its older socket when it connects again, and is not ended by that one', () => {
    const { client, socket, say } = setUp();
    const next = new Socket();
    client.attach(next, null);
    expect(socket.closed).toBe(4409);
    expect(client.detach(socket, false)).toBe(false);
    say(0);
    expect(next.sent).toEqual(['m0']);
  });
});
