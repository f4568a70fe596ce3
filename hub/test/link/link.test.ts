/** The link between two hubs, with real servers and sockets: what its clients see is what they would see at one hub. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { closeCodes } from '@cokernel/proto/hub';
import { WebSocket } from 'ws';
import type * as Y from 'yjs';
import type { DoorSocket } from '../../src/gateway/door-socket.js';
import { Outbox } from '../../src/gateway/outbox.js';
import type { Arrival } from '../../src/gateway/serving.js';
import { LINK_PROTOCOL, encodeFrames } from '../../src/link/link-frames.js';
import type { LinkTimes } from '../../src/link/link-heartbeat.js';
import { waitUntil } from '../support/wait-until.js';
import { LinkStage, closing, heard, opened } from './link-stage.js';
import { SharedRoom, provider } from './shared-room.js';

/** Only bounds act, not time. */
const PATIENT: LinkTimes = { everyMs: 50, silentBeats: 100_000 };

let stage: LinkStage;
let arrived: Arrival[] = [];

const begin = async (enter: (arrival: Arrival) => void = () => undefined, times?: LinkTimes): Promise<void> => {
  arrived = [];
  const enterAndKeep = (arrival: Arrival): void => {
    arrived.push(arrival);
    enter(arrival);
  };
  stage = await LinkStage.start(enterAndKeep, times);
};

const hasArrived = (count = 1): Promise<void> =>
  waitUntil(`${count} clients at the leading hub`, () => arrived.length === count);

/** Says back what is said. */
const echo = ({ socket }: Arrival): void =>
  socket.onMessage((data, isBinary) => socket.send(isBinary ? data : Buffer.from(data).toString()));

afterEach(() => stage.close());

describe('a client of a hub that relays', () => {
  test('comes in with its address, role and protocol, and passes texts and bytes both ways', async () => {
    await begin(echo);
    const client = stage.client('/api/kernels/k1/channels?session_id=s', ['v1.kernel.websocket.jupyter.org']);
    const got: [string, boolean][] = [];
    client.on('message', (data: Buffer, isBinary) => got.push([data.toString('latin1'), isBinary]));
    await opened(client);
    client.send('héllo');
    client.send(Buffer.from([0, 255, 128]));
    client.send('');
    await waitUntil('three echoes', () => got.length === 3);
    expect(got).toEqual([
      [Buffer.from('héllo').toString('latin1'), false],
      ['\u0000ÿ\u0080', true],
      ['', false],
    ]);
    const { url, role, socket } = arrived[0]!;
    expect([url, role, socket.protocol]).toEqual([
      '/api/kernels/k1/channels?session_id=s',
      'editor',
      'v1.kernel.websocket.jupyter.org',
    ]);
  });

  test('is heard in order, also what it said before the link was there and before a door listened', async () => {
    await begin();
    const clients = Array.from({ length: 5 }, () => stage.client());
    const answers = clients.map(heard);
    // The first client makes the link begin.
    const sayEarly = (client: WebSocket): void => {
      for (let n = 0; n < 50; n += 1) client.send(String(n));
    };
    for (const client of clients) client.on('open', () => sayEarly(client));
    await opened(...clients);
    await hasArrived(5);
    arrived.forEach(echo);
    for (const client of clients) for (let n = 50; n < 100; n += 1) client.send(String(n));
    await waitUntil('all echoes', () => answers.every(({ length }) => length === 100));
    for (const texts of answers) expect(texts).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
  });

  test('is closed with the code and the reason of the leading hub, and closes there with its own', async () => {
    await begin();
    const [refused, leaving, broken] = [stage.client(), stage.client(), stage.client()];
    await opened(refused, leaving, broken);
    await hasArrived(3);
    const closed = closing(refused);
    const codes: number[] = [0, 0, 0];
    arrived.forEach(({ socket }, n) => socket.onClose((code) => (codes[n] = code)));
    arrived[0]!.socket.send('last words');
    const words = heard(refused);
    arrived[0]!.socket.close(closeCodes.replaced, 'ü'.repeat(200));
    arrived[0]!.socket.send('never said');
    leaving.close(4321, 'bye');
    broken.terminate();
    await waitUntil('all have closed', () => codes.every((code) => code > 0));
    expect(codes).toEqual([closeCodes.replaced, 4321, 1006]);
    expect([closed.code, closed.reason]).toEqual([closeCodes.replaced, 'ü'.repeat(61)]);
    expect(words).toEqual(['last words']);
    let late = 0;
    arrived[1]!.socket.onClose((code) => (late = code));
    expect(late).toBe(4321);
  });

  test('answers pings, behind what was sent before', async () => {
    await begin();
    const client = stage.client();
    const got = heard(client);
    client.on('ping', (text: Buffer) => got.push(`ping ${text.toString()}`));
    await hasArrived();
    const pongs: string[] = [];
    const { socket } = arrived[0]!;
    socket.onPong((text) => pongs.push(text));
    socket.send('one');
    socket.ping('17');
    socket.send('two');
    socket.ping();
    await waitUntil('two pongs', () => pongs.length === 2);
    expect(got).toEqual(['one', 'ping 17', 'two', 'ping ']);
    expect(pongs).toEqual(['17', '']);
  });

  test('who says more than fits in a frame is closed, and the others go on', async () => {
    await begin(echo);
    const [big, other] = [stage.client(), stage.client()];
    const [closed, texts] = [closing(big), heard(other)];
    await opened(big, other);
    big.send(Buffer.alloc(64 * 1024 * 1024 + 1));
    await waitUntil('the big one is closed', () => closed.code > 0);
    other.send('still here');
    await waitUntil('an echo', () => texts.length > 0);
    expect(closed.code).toBe(1009);
  });
});

describe('[X16] a client of a hub that relays who does not read', () => {
  const CHUNK = 64 * 1024;

  test('is closed with tooSlow by the bound of its outbox, while the others get everything', async () => {
    await begin();
    const [slow, fast] = [stage.client('/slow'), stage.client('/fast')];
    const closed = closing(slow);
    let bytes = 0;
    fast.on('message', (data: Buffer) => (bytes += data.length));
    await opened(slow, fast);
    await hasArrived(2);
    slow.pause();
    const outboxes = arrived.map(({ socket }) => new Outbox(socket, { maxBytes: 1024 * 1024 }));
    const slowSocket = arrived.find(({ url }) => url === '/slow')!.socket;
    let sent = 0;
    // The kernel's own buffers take some megabytes first.
    while (slowSocket.isOpen && sent < 400) {
      const frame = new Uint8Array(CHUNK);
      for (const outbox of outboxes) outbox.send(frame);
      sent += 1;
      await waitUntil('the fast one has it', () => bytes === sent * CHUNK);
    }
    expect(slowSocket.isOpen).toBe(false);
    slow.resume();
    await waitUntil('the slow one is told', () => closed.code > 0);
    expect(closed.code).toBe(closeCodes.tooSlow);
    expect(arrived.find(({ url }) => url === '/fast')!.socket.isOpen).toBe(true);
  });

  test('holds up who waits for room, as on a kernel’s channels, and gets all once it reads', async () => {
    await begin();
    const client = stage.client();
    let bytes = 0;
    client.on('message', (data: Buffer) => (bytes += data.length));
    await opened(client);
    await hasArrived();
    client.pause();
    const { socket } = arrived[0]!;
    const all = 40 * 1024 * 1024;
    let [given, most] = [0, 0];
    const pump = (): void => {
      while (given < all && socket.isOpen && socket.bufferedAmount < 1024 * 1024) {
        given += CHUNK;
        socket.send(new Uint8Array(CHUNK), pump);
        most = Math.max(most, socket.bufferedAmount);
      }
    };
    pump();
    await waitUntil('it waits for room', () => socket.bufferedAmount >= 1024 * 1024);
    expect(given).toBeLessThan(all);
    client.resume();
    await waitUntil('all has come', () => bytes === all);
    await waitUntil('all is told as written', () => socket.bufferedAmount === 0);
    expect(most).toBeLessThan(1024 * 1024 + 2 * CHUNK);
  });
});

describe('a link that ends', () => {
  const lost = async (end: () => void): Promise<void> => {
    await begin();
    const clients = [stage.client(), stage.client()];
    const closed = clients.map(closing);
    await opened(...clients);
    await hasArrived(2);
    const codes: number[] = [];
    for (const { socket } of arrived) socket.onClose((code) => codes.push(code));
    end();
    await waitUntil('the clients are told', () => closed.every(({ code }) => code > 0));
    expect(closed.map(({ code }) => code)).toEqual([closeCodes.restart, closeCodes.restart]);
    await waitUntil('the leading hub is rid of them', () => codes.length === 2);
    expect(codes).toEqual([1006, 1006]);
    const late = stage.client();
    const lateClosed = closing(late);
    await waitUntil('who comes late is sent back', () => lateClosed.code === closeCodes.restart);
  };

  test('by a broken connection sends its clients back, and is told once', async () => {
    await lost(() => stage.way.cut());
    expect(stage.broken).toHaveLength(1);
  });

  test('by silence, as of a hub that is stopped, does so too', async () => {
    await lost(() => stage.way.freeze());
    expect(stage.broken).toEqual(['the leading hub does not answer']);
  });

  test('since this hub leaves it sends its clients back, and nobody is told', async () => {
    await lost(() => stage.relayed.stop());
    expect(stage.broken).toEqual([]);
  });

  test('since the leading hub hands over is told first', async () => {
    await lost(() => {
      stage.link.handOver();
      stage.link.stop();
    });
    expect([stage.handedOver, stage.broken.length]).toEqual([1, 1]);
  });

  test('before it began sends its clients back', async () => {
    await begin();
    stage.way.cut();
    const client = stage.client();
    const closed = closing(client);
    await waitUntil('the client is told', () => closed.code > 0);
    expect(closed.code).toBe(closeCodes.restart);
    expect(stage.broken).toHaveLength(1);
  });
});

describe('a leading hub', () => {
  test.each([
    ['bytes that are no frame', new Uint8Array([99, 1, 2]), 'not a frame of the link: there is no frame of kind 99'],
    [
      'a frame that is its own to say',
      encodeFrames([{ kind: 'handedOver' }]),
      "'handedOver' is what the leading hub says",
    ],
    ['a client twice', encodeFrames([open(1), open(1)]), 'client 1 is here already'],
  ])('ends a link that says %s with its reason, and no other', async (_what, bytes, reason) => {
    await begin(echo);
    const client = stage.client();
    const texts = heard(client);
    await opened(client);
    const rude = stage.rudeHub([LINK_PROTOCOL]);
    const closed = closing(rude);
    await opened(rude);
    rude.send(bytes);
    await waitUntil('the rude one is closed', () => closed.code > 0);
    expect(closed).toEqual({ code: closeCodes.badFrame, reason: expect.stringContaining(reason) });
    client.send('still here');
    await waitUntil('an echo', () => texts.length > 0);
  });

  test('hears no frame for a client who has left as a fault', async () => {
    await begin();
    const rude = stage.rudeHub([LINK_PROTOCOL]);
    await opened(rude);
    rude.send(encodeFrames([{ kind: 'pong', id: 9, text: '' }, { kind: 'closed', id: 9, code: 1000 }, open(1)]));
    await hasArrived();
    expect(rude.readyState).toBe(WebSocket.OPEN);
  });

  test('refuses a hub of another version by name', async () => {
    await begin();
    const rude = stage.rudeHub(['cokernel.link.v0']);
    const closed = closing(rude);
    await waitUntil('it is refused', () => closed.code > 0);
    expect(closed.reason).toContain(LINK_PROTOCOL);
  });

  test('[X16] cuts off a hub that takes nothing before what waits for it fills the memory', async () => {
    await begin(undefined, PATIENT);
    const rude = stage.rudeHub([LINK_PROTOCOL]);
    await opened(rude);
    rude.send(encodeFrames([open(1)]));
    await hasArrived();
    rude.pause();
    const { socket } = arrived[0]!;
    const frame = new Uint8Array(1024 * 1024);
    let given = 0;
    await waitUntil('it is cut off', () => {
      if (socket.isOpen) given += 1;
      if (socket.isOpen) socket.send(frame);
      return !socket.isOpen;
    });
    expect(given).toBeGreaterThan(64);
    expect(given).toBeLessThan(200);
  });

  test('has a document in common with 200 y-websocket clients of a relay, and an update for them crosses the link once', async () => {
    const room = new SharedRoom();
    await begin(({ socket }) => room.join(socket));
    const providers = Array.from({ length: 200 }, () => provider(stage.relayUrl));
    try {
      await waitUntil('all are in step', () => providers.every(({ synced }) => synced));
      providers.slice(0, 20).forEach(({ doc }, n) => doc.getText('cell').insert(0, `(${n})`));
      const text = (doc: Y.Doc): string => doc.getText('cell').toString();
      const haveSame = (): boolean => providers.every(({ doc }) => text(doc) === text(room.doc));
      await waitUntil('all edits are everywhere', () => text(room.doc).split('(').length === 21 && haveSame());
      stage.told = [];
      const before = stage.bytesToRelay();
      room.doc.getText('cell').insert(0, 'to everybody');
      await waitUntil('all have it', haveSame);
      expect(stage.toldOf('send').map(({ ids }) => ids.length)).toEqual([200]);
      // The update, and 200 numbers of one or two bytes.
      expect(stage.bytesToRelay() - before).toBeLessThan(600);
    } finally {
      for (const one of providers) one.destroy();
      // With each its awareness, whose timer would go on.
      for (const { doc } of providers) doc.destroy();
    }
  });

  test('sends a frame for many clients over the link once, and each gets its own in between in order', async () => {
    await begin();
    const clients = Array.from({ length: 20 }, (_, n) => stage.client(`/${n}`));
    const texts = clients.map(heard);
    await opened(...clients);
    await hasArrived(20);
    const [all, more] = [Buffer.from('to all'), Buffer.from('more')];
    const sockets: readonly DoorSocket[] = arrived.map(({ socket }) => socket);
    for (const socket of sockets) socket.send(all);
    arrived[7]!.socket.send(Buffer.from('to one'));
    for (const socket of sockets) socket.send(more);
    for (const socket of sockets) socket.send(more);
    await waitUntil('all have all', () => texts.every((got) => got.filter((text) => text === 'more').length === 2));
    const seventh = Number(arrived[7]!.url.slice(1));
    texts.forEach((got, n) => {
      expect(got).toEqual(n === seventh ? ['to all', 'to one', 'more', 'more'] : ['to all', 'more', 'more']);
    });
    expect(stage.toldOf('send').map(({ ids }) => ids.length)).toEqual([20, 1, 40]);
  });
});

function open(id: number): { kind: 'open'; id: number; url: string; role: 'owner'; protocol: string } {
  return { kind: 'open', id, url: '/api/x', role: 'owner', protocol: '' };
}
