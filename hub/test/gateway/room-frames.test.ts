/** The room socket of a real hub: who comes in, what each frame does, who is there. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as decoding from 'lib0/decoding';
import * as Y from 'yjs';
import { DEFAULT_QUEUE_RULES, FRAME_AWARENESS, FRAME_JUPYTERLAB, encodeHubFrame } from '@cokernel/proto/hub';
import { RoomProgram, roomUrl, sessionOf } from '../support/room-program.js';
import { TOKEN, hubPlace, readServed, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

let place: HubPlace;
let hub: TestHub;
const open: { close(): void }[] = [];

beforeAll(async () => {
  place = await hubPlace();
  await writeCells(place, 'a.ipynb', '1 + 1', 'x = 2');
  await writeCells(place, 'ünïcödé 数据笔记本.ipynb', '1');
  hub = await startHub(place);
});

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

afterAll(async () => {
  await hub.stop();
  await place.remove();
});

async function join(name?: string): Promise<RoomProgram> {
  const program = await RoomProgram.join(hub, 'a.ipynb', name);
  open.push(program);
  return program;
}

async function connect(url: string): Promise<RoomProgram> {
  const program = await RoomProgram.open(url);
  open.push(program);
  return program;
}

const frame = (...parts: readonly ((encoder: encoding.Encoder) => void)[]): Uint8Array => {
  const encoder = encoding.createEncoder();
  for (const part of parts) part(encoder);
  return encoding.toUint8Array(encoder);
};
const uint = (value: number) => (encoder: encoding.Encoder) => {
  encoding.writeVarUint(encoder, value);
};
const bytes = (value: Uint8Array) => (encoder: encoding.Encoder) => {
  encoding.writeVarUint8Array(encoder, value);
};
const text = (value: string) => (encoder: encoding.Encoder) => {
  encoding.writeVarString(encoder, value);
};

describe('coming in', () => {
  test('[P1] a session names the document and its history, always the same', async () => {
    const first = await sessionOf(hub, 'a.ipynb');
    expect(await sessionOf(hub, 'a.ipynb')).toEqual(first);
    const body = { format: 'json', type: 'notebook' };
    expect((await hub.rest('PUT', '/api/collaboration/session/none.ipynb', body)).status).toBe(404);
    expect((await hub.rest('PUT', '/api/collaboration/session/..%2Fa.ipynb', body)).status).toBe(403);
  });

  test.each(['json:notebook:unknown', `json:notebook:${'x'.repeat(129)}`, 'text:file:x', 'JupyterLab:globalAwareness'])(
    '[P2] a room named %.30s is not found',
    async (name) => {
      const url = `${hub.url.replace('http', 'ws')}/api/collaboration/room/${name}?token=${TOKEN}`;
      expect((await (await connect(url)).isClosed()).code).toBe(4404);
    },
  );

  test.each(['', '?token=wrong'])('[P3] a socket with "%s" is closed with 4401', async (query) => {
    const { fileId } = await sessionOf(hub, 'a.ipynb');
    expect((await (await connect(roomUrl(hub, fileId, query))).isClosed()).code).toBe(4401);
  });

  test('[P3] a broken frame of somebody who was not let in ends nothing but that socket', async () => {
    const { fileId } = await sessionOf(hub, 'a.ipynb');
    const stranger = new WebSocket(roomUrl(hub, fileId, ''));
    stranger.on('error', () => undefined);
    const gone = new Promise((resolve) => stranger.on('close', resolve));
    // A reserved opcode, sent past the library, as soon as the upgrade is through.
    stranger.on('upgrade', (response) => response.socket.write(Buffer.from([0x8f, 0x80, 0, 0, 0, 0])));
    await gone;
    expect((await hub.rest('GET', '/api/status')).status).toBe(200);
  });

  test('[P7] a frame in any script, in a notebook of any name, does not end the hub', async () => {
    const program = await RoomProgram.join(hub, 'ünïcödé 数据笔记本.ipynb');
    open.push(program);
    program.send(frame(uint(100), text('数据笔记本'.repeat(20))));
    expect((await program.isClosed()).code).toBe(4400);
    expect((await hub.rest('GET', '/api/status')).status).toBe(200);
  });

  test('[P5] a stock y-websocket provider gets the notebook, and its edits reach others', async () => {
    const other = await join();
    const { fileId, sessionId } = await sessionOf(hub, 'a.ipynb');
    const doc = new Y.Doc();
    const room = `${hub.url.replace('http', 'ws')}/api/collaboration/room`;
    const provider = new WebsocketProvider(room, `json:notebook:${fileId}`, doc, {
      disableBc: true,
      WebSocketPolyfill: Object.assign(WebSocket),
      params: { sessionId, token: TOKEN },
    });
    open.push({
      close: () => {
        provider.destroy();
        doc.destroy();
      },
    });
    await waitUntil('the provider is in step', () => provider.synced);
    doc.getArray<Y.Map<Y.Text>>('cells').get(1).get('source')?.insert(0, '# hello\n');
    await waitUntil('the edit arrives', () => other.source('c1').startsWith('# hello'));
  });
});

describe('frames', () => {
  test('[P5] a step1 is answered also when nothing is lacking', async () => {
    const program = await join();
    const before = program.frames.length;
    program.sendStepOne();
    await waitUntil('an answer', () => program.frames.slice(before).some((one) => one[0] === 0 && one[1] === 1));
  });

  test('[P6] several frames in one message are read in their order', async () => {
    const program = await join();
    const other = await join();
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(program.doc));
    const before = Y.encodeStateVector(doc);
    doc.getArray<Y.Map<Y.Text>>('cells').get(0).get('source')?.insert(0, 'both ');
    const update = Y.encodeStateAsUpdate(doc, before);
    const hello = encodeHubFrame({
      id: 77,
      call: 'hello',
      params: { protocol: 1, deviceId: 'a device of several', client: 'program' },
    });
    program.send([...frame(uint(0), uint(2), bytes(update)), ...hello]);
    await waitUntil('the hello is answered', () => program.strays.length > 0);
    expect(program.strays[0]).toMatchObject({ id: 77, ok: true });
    await waitUntil('the edit arrives', () => other.source('c0').startsWith('both '));
  });

  test.each<[string, Uint8Array]>([
    ['an unknown type', frame(uint(9))],
    ['an unknown sync step', frame(uint(0), uint(7), bytes(new Uint8Array()))],
    ['an update that is none', frame(uint(0), uint(2), bytes(Uint8Array.of(9, 9, 9)))],
    ['bytes that end early', Uint8Array.of(0, 2, 200)],
    ['awareness that is none', frame(uint(1), bytes(Uint8Array.of(5)))],
    ['JSON that is none', frame(uint(100), text('{'))],
    ['a raw frame that is no save', frame(uint(2), text('load'), uint(1))],
  ])('[P7] %s closes that socket with 4400 and no other', async (_title, bad) => {
    const innocent = await join('Ann');
    const guilty = await join();
    guilty.send(bad);
    expect((await guilty.isClosed()).code).toBe(4400);
    await innocent.call('queue', {});
    expect(innocent.closed).toBeNull();
  });

  test('[P7] an update before step1 closes the socket and is not applied', async () => {
    const { fileId } = await sessionOf(hub, 'a.ipynb');
    const other = await join();
    const program = await connect(roomUrl(hub, fileId));
    const doc = new Y.Doc();
    doc.getArray('cells').insert(0, [new Y.Map([['id', 'smuggled']])]);
    program.send(frame(uint(0), uint(2), bytes(Y.encodeStateAsUpdate(doc))));
    expect((await program.isClosed()).code).toBe(4400);
    await other.flushed();
    expect(other.cellIds()).not.toContain('smuggled');
  });

  test("[P12] JupyterLab's save is answered with its number when the file is on disk", async () => {
    const program = await join();
    program.setSource('c1', 'saved = True');
    program.send(frame(uint(FRAME_JUPYTERLAB), text('save'), uint(300)));
    const answer = (): string | undefined => {
      const found = program.frames.find((one) => one[0] === FRAME_JUPYTERLAB);
      return found === undefined ? undefined : decoding.readVarString(decoding.createDecoder(found.slice(1)));
    };
    await waitUntil('the save is answered', () => answer() !== undefined);
    expect(JSON.parse(answer() ?? '')).toEqual({ type: 'save', responseTo: 300, status: 'success' });
    expect(await readServed(place, 'a.ipynb')).toContain('saved = True');
  });
});

describe('awareness', () => {
  function cursor(program: RoomProgram, state: Record<string, unknown>): Awareness {
    const awareness = new Awareness(new Y.Doc());
    awareness.setLocalState(state);
    program.send(frame(uint(FRAME_AWARENESS), bytes(encodeAwarenessUpdate(awareness, [awareness.clientID]))));
    open.push({ close: () => awareness.destroy() });
    return awareness;
  }

  /** What awareness frames have told a program. */
  function seen(program: RoomProgram, from = 0): Map<number, unknown> {
    const awareness = new Awareness(new Y.Doc());
    awareness.setLocalState(null);
    for (const one of program.frames.slice(from).filter((frame) => frame[0] === FRAME_AWARENESS)) {
      applyAwarenessUpdate(awareness, decoding.readVarUint8Array(decoding.createDecoder(one.slice(1))), 'hub');
    }
    const states = new Map(awareness.getStates());
    awareness.destroy();
    return states;
  }

  test('[P8] goes to others and back to its sender', async () => {
    const [ann, ben] = [await join(), await join()];
    const { clientID } = cursor(ann, { cursors: [1] });
    await waitUntil('both have it', () => seen(ann).has(clientID) && seen(ben).has(clientID));
  });

  test('[P8] [X18] of a burst is joined into few frames', async () => {
    const [ann, ben] = [await join(), await join()];
    await ben.flushed();
    const before = ben.frames.length;
    const awareness = new Awareness(new Y.Doc());
    open.push({ close: () => awareness.destroy() });
    for (let n = 0; n < 200; n += 1) {
      awareness.setLocalState({ n });
      ann.send(frame(uint(FRAME_AWARENESS), bytes(encodeAwarenessUpdate(awareness, [awareness.clientID]))));
    }
    const last = (): unknown => seen(ben, before).get(awareness.clientID);
    await waitUntil('the last state arrives', () => JSON.stringify(last()) === '{"n":199}');
    const frames = ben.frames.slice(before).filter((one) => one[0] === FRAME_AWARENESS);
    expect(frames.length).toBeLessThan(40);
  });

  test('[P9] shows the name that the hub gave to who said hello', async () => {
    const ben = await join();
    const ann = await join('Ann');
    const { clientID } = cursor(ann, { user: { name: 'Eve', avatar: 'x' }, cursors: [] });
    await waitUntil('the state arrives', () => seen(ben).has(clientID));
    expect(seen(ben).get(clientID)).toMatchObject({ user: { name: 'Ann', avatar: 'x' }, cursors: [] });
  });

  test('[P10] of a socket that closed is told as left', async () => {
    const [ann, ben] = [await join(), await join()];
    const { clientID } = cursor(ann, { cursors: [] });
    await waitUntil('the state arrives', () => seen(ben).has(clientID));
    ann.close();
    await waitUntil('the state is gone', () => !seen(ben).has(clientID));
  });

  test('[P11] is told to who asks', async () => {
    const [ann, ben] = [await join(), await join()];
    const { clientID } = cursor(ann, { cursors: [] });
    await waitUntil('the state arrives', () => seen(ben).has(clientID));
    const before = ben.frames.length;
    ben.send([3]);
    await waitUntil('the answer', () => seen(ben, before).has(clientID));
  });
});

describe('hub frames', () => {
  test('[P13] are answered with their own id, whatever they are', async () => {
    const program = await join();
    expect(await program.ask('fly', {})).toMatchObject({ ok: false, error: { code: 'badCall' } });
    expect(await program.ask('hello', { protocol: 2 })).toMatchObject({ ok: false, error: { code: 'badCall' } });
    expect(await program.ask('hello', null)).toMatchObject({ ok: false, error: { code: 'badCall' } });
    expect(await program.ask('constructor', {})).toMatchObject({ ok: false, error: { code: 'badCall' } });
    for (const json of ['[]', '"x"', '{"id":-4,"call":"queue"}', '{"call":"queue"}']) {
      program.send(frame(uint(100), text(json)));
    }
    await program.flushed();
    expect(program.strays.map((answer) => answer.id)).toEqual([-1, -1, -1, -1]);
    expect(program.closed).toBeNull();
  });

  test('[P14] other than hello are refused before it, and no event is sent', async () => {
    const program = await join();
    expect(await program.ask('queue', {})).toMatchObject({ ok: false, error: { code: 'noHello' } });
    expect(await program.ask('run', {})).toMatchObject({ ok: false, error: { code: 'noHello' } });
    const ann = await join('Ann');
    await ann.call('rename', { name: 'Anna' });
    await program.flushed();
    expect(program.events).toEqual([]);
  });

  test('[P14] [P15] begin with the welcome, then events numbered from 1', async () => {
    const ann = await join('Ann');
    const ben = await join('Ben');
    await ben.call('rename', { name: 'Benno' });
    await ann.flushed();
    expect(ann.order[0]).toBe('answer');
    expect(ann.events.map(({ seq }) => seq)).toEqual(ann.events.map((_, index) => index + 1));
    expect(
      ann
        .told('participantsChanged')
        .at(-1)
        ?.participants.map(({ name }) => name),
    ).toEqual(['Ann', 'Benno']);
  });

  test('[P17] the welcome shows the room, and names are made unique', async () => {
    const ann = await join('Ann');
    const second = await join();
    const welcome = await second.hello('Ann', 'another device of');
    expect(welcome).toMatchObject({
      protocol: 1,
      path: 'a.ipynb',
      you: { name: 'Ann 2', role: 'owner' },
      kernel: null,
      queue: { number: 0, held: null, rules: DEFAULT_QUEUE_RULES, running: null, queued: [] },
      prompt: null,
    });
    expect(welcome.kernelSpecs.length).toBeGreaterThan(0);
    expect(welcome.participants.map(({ name }) => name)).toEqual(['Ann', 'Ann 2']);
    expect(welcome.epoch).toBe((await sessionOf(hub, 'a.ipynb')).sessionId);
    await waitUntil('Ann is told', () => ann.told('participantsChanged').at(-1)?.participants.length === 2);
  });

  test('[P17] the same device is one participant, and leaves with its last socket', async () => {
    const watcher = await join('Watcher');
    const [one, two] = [await join('Ann'), await join('Ann')];
    const people = (): number | undefined => watcher.told('participantsChanged').at(-1)?.participants.length;
    await waitUntil('Ann is there once', () => people() === 2);
    one.close();
    await watcher.flushed();
    expect(people()).toBe(2);
    two.close();
    await waitUntil('Ann has left', () => people() === 1);
  });

  test('[P17] a socket that says hello again is not two people', async () => {
    const ann = await join('Ann');
    const welcome = await ann.hello('Eve', 'quite another device');
    expect(welcome.participants.map(({ name }) => name)).toEqual(['Eve']);
  });

  test('[P27] a cell is moved with its outputs, for everybody', async () => {
    const [ann, ben] = [await join('Ann'), await join()];
    const [first = '', second = ''] = ann.cellIds();
    await ann.ask('moveCell', { cellId: second, before: first });
    await waitUntil('the move arrives', () => ben.cellIds()[0] === second);
    await ann.ask('moveCell', { cellId: second, before: null });
    await waitUntil('the move back arrives', () => ben.cellIds().at(-1) === second);
    expect(await ann.ask('moveCell', { cellId: 'none', before: null })).toMatchObject({
      error: { code: 'noSuchCell' },
    });
  });

  test('a save is answered when the file is on disk', async () => {
    const ann = await join('Ann');
    ann.setSource('c1', 'by_call = True');
    const { at } = await ann.call('save', {});
    expect(Date.parse(at)).not.toBeNaN();
    expect(await readServed(place, 'a.ipynb')).toContain('by_call = True');
    expect(ann.told('saved').at(-1)?.saving.state).toBe('saved');
    expect(ann.told('stored').length).toBeGreaterThan(0);
  });

  test('what needs a kernel is refused without one', async () => {
    const ann = await join('Ann');
    const refused = { ok: false, error: { code: 'noKernel' } };
    expect(await ann.ask('complete', { code: 'x', cursorPos: 1 })).toMatchObject(refused);
    expect(await ann.ask('restart', {})).toMatchObject(refused);
    expect(await ann.ask('cancel', { mine: true })).toMatchObject(refused);
    expect(await ann.call('interrupt', {})).toEqual({ interrupted: null });
    expect(await ann.ask('startKernel', { specName: 'none' })).toMatchObject({ error: { code: 'noSuchKernelSpec' } });
  });
});
