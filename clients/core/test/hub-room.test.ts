import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DEFAULT_QUEUE_RULES, DeviceId } from '@cokernel/proto/hub';
import type { HubEvent } from '@cokernel/proto/hub';
import { HubClient } from '../src/index.js';
import type { Room } from '../src/index.js';
import { SmallHub } from './support/small-hub.js';
import { until } from './support/until.js';

let hub: SmallHub;
let rooms: Room[];
let logged: string[];

beforeEach(async () => {
  hub = new SmallHub();
  rooms = [];
  logged = [];
  await hub.start();
});

afterEach(async () => {
  for (const room of rooms) room.close();
  await hub.stop();
});

function join(path = 'a b.ipynb'): Room {
  const client = new HubClient({ url: hub.url, token: 'T' }, { log: (message) => logged.push(message) });
  const room = client.joinRoom({ path, name: 'Ann', deviceId: DeviceId.parse('0123456789abcdef'), client: 'program' });
  rooms.push(room);
  return room;
}

async function joined(): Promise<Room> {
  const room = join();
  await until(() => room.state.connection === 'connected' && room.state.synced);
  return room;
}

describe('joining a room', () => {
  test('hello is the first frame on a socket, and the welcome fills the state', async () => {
    const room = await joined();
    expect(hub.sessionsAsked).toEqual(['PUT /api/collaboration/session/a%20b.ipynb']);
    expect(hub.arrived[0]).toBe('hello');
    expect(room.state).toMatchObject({
      connection: 'connected',
      path: 'a b.ipynb',
      you: { name: 'Ann', role: 'owner' },
    });
    expect(room.document?.epoch).toBe('e1');
    expect(room.document?.awareness.getLocalState()).toEqual({
      user: { name: 'Ann', color: '#123456', participantId: 'p1' },
    });
  });

  test('a call made before the welcome is sent after it', async () => {
    const room = join();
    await expect(room.call('rename', { name: 'Bo' })).rejects.toMatchObject({ code: 'badAnswer' });
    expect(hub.arrived.indexOf('rename')).toBeGreaterThan(hub.arrived.indexOf('hello'));
  });

  test.each([
    [404, 'no such file'],
    [403, 'no such file'],
  ])('a session refused with %i fails with the hub’s sentence and is not asked again', async (status, sentence) => {
    hub.sessionStatus = status;
    const room = join();
    await until(() => room.state.connection === 'failed');
    expect(room.state.failure).toContain(sentence);
    await expect(room.call('save', {})).rejects.toMatchObject({ name: 'CallError', code: 'failed' });
    expect(hub.sessionsAsked).toHaveLength(1);
  });

  test('a hub that is down for a moment (503) is asked again', async () => {
    hub.sessionStatus = 503;
    const room = join();
    await until(() => hub.sessionsAsked.length > 1);
    hub.sessionStatus = 200;
    await until(() => room.state.connection === 'connected');
  });
});

describe('losing the connection', () => {
  test('a call without its answer rejects with disconnected, and the room comes back by itself', async () => {
    hub.answers['save'] = () => 'silence';
    const room = await joined();
    const saving = room.call('save', {});
    await until(() => hub.arrived.includes('save'));
    hub.openSockets.at(-1)?.terminate();
    await expect(saving).rejects.toMatchObject({ code: 'disconnected' });
    expect(room.state).toMatchObject({ connection: 'disconnected', synced: false });
    const document = room.document;
    await until(() => room.state.connection === 'connected' && room.state.synced);
    expect(room.document).toBe(document);
  });

  test('an edit made while away reaches the hub before a call made while away', async () => {
    const room = await joined();
    hub.openSockets.at(-1)?.terminate();
    await until(() => room.state.connection === 'disconnected');
    let checked: () => void = () => undefined;
    hub.checking = new Promise((resolve) => (checked = resolve));
    room.document?.doc.getText('t').insert(0, 'typed offline');
    let seen = '';
    hub.answers['queue'] = () => {
      seen = hub.doc.getText('t').toJSON();
      return { result: { number: 2, held: null, rules: DEFAULT_QUEUE_RULES, running: null, queued: [] } };
    };
    const answer = room.call('queue', {});
    await until(() => room.state.connection === 'connected' && room.state.synced);
    checked();
    await answer;
    expect(seen).toBe('typed offline');
  });

  test('our awareness clock rises over the one with which the hub announced that we left', async () => {
    const room = await joined();
    const awareness = room.document!.awareness;
    const clock = awareness.meta.get(awareness.clientID)!.clock;
    hub.openSockets.at(-1)?.terminate();
    await until(() => room.state.connection === 'disconnected');
    await until(() => room.state.connection === 'connected');
    expect(awareness.meta.get(awareness.clientID)!.clock).toBeGreaterThan(clock + 1);
  });

  test('1003 asks for the session again and begins a new document', async () => {
    const room = await joined();
    const old = room.document!;
    hub.epoch = 'e2';
    hub.closeSocket(1003, JSON.stringify({ reason: 'version_mismatch', sessionId: 'e2', reloadable: true }));
    await until(() => room.document !== old && room.state.connection === 'connected');
    expect(room.document?.epoch).toBe('e2');
    expect(room.document?.doc).not.toBe(old.doc);
  });

  test.each([4401, 4403, 4404])('close code %i fails with a sentence and is not tried again', async (code) => {
    const room = await joined();
    const sockets = hub.openSockets.length;
    hub.closeSocket(code, '');
    await until(() => room.state.connection === 'failed');
    expect(room.state.failure).toMatch(/\.$/);
    expect(hub.openSockets).toHaveLength(sockets);
  });
});

describe('events', () => {
  test('an event changes the state before its listeners hear it', async () => {
    const room = await joined();
    const heard: [HubEvent, string][] = [];
    room.onEvent((event) => heard.push([event, room.state.path]));
    hub.tell({ seq: 1, event: { event: 'pathChanged', path: 'c.ipynb' } });
    await until(() => heard.length === 1);
    expect(heard).toEqual([[{ event: 'pathChanged', path: 'c.ipynb' }, 'c.ipynb']]);
  });

  test('frames that can’t be read are logged, and what follows is still heard', async () => {
    hub.answers['queue'] = () => ({ result: room.state.queue });
    const room = await joined();
    hub.tell('{not JSON');
    hub.tell({ seq: 1, event: { event: 'fromTheFuture' } });
    hub.tell({ seq: 2, event: { event: 'pathChanged', path: 'c.ipynb' } });
    await until(() => room.state.path === 'c.ipynb');
    expect(logged).toHaveLength(2);
  });

  test('a hole in the numbers of events makes the room ask for the queue', async () => {
    const queue = { number: 9, held: 'byOwner', rules: DEFAULT_QUEUE_RULES, running: null, queued: [] };
    hub.answers['queue'] = () => ({ result: queue });
    const room = await joined();
    hub.tell({ seq: 1, event: { event: 'pathChanged', path: 'c.ipynb' } });
    hub.tell({ seq: 3, event: { event: 'pathChanged', path: 'd.ipynb' } });
    await until(() => room.state.queue.number === 9);
    expect(room.state.queue).toEqual(queue);
  });

  test('a refused edit gives a new document with another Yjs client id', async () => {
    const room = await joined();
    const old = room.document!;
    hub.tell({ seq: 1, event: { event: 'refused', reason: 'viewers may not edit' } });
    await until(() => room.document !== old && room.state.connection === 'connected');
    expect(room.document?.doc.clientID).not.toBe(old.doc.clientID);
    expect(room.document?.epoch).toBe('e1');
  });
});
