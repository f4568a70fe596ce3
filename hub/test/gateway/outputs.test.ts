/** Stored outputs and texts by the REST API of a real hub. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import path from 'node:path';
import { type ContentHash, FileId, TextId, TextSearchResult } from '@cokernel/proto/hub';
import { readConfig } from '../../src/config.js';
import { FileOutputStore } from '../../src/storage/outputs/output-store.js';
import { TOKEN, hubPlace, startHub } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';

const SLOW_MS = 120_000;
const PICTURE = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251));
const LINES = Array.from({ length: 50_000 }, (_, n) => `${String(n)}\n`).join('');
const fileId = FileId.parse('a notebook');

let place: HubPlace;
let hub: TestHub;
let picture: ContentHash;
let elsewhere: ContentHash;
let whole: ContentHash;
/** More than fits into the buffers on its way. */
let large: ContentHash;

/** What runs of an earlier hub have left: a picture, a text that is finished, and one that is not. */
async function fillStore(): Promise<void> {
  const config = await readConfig([place.served], { COKERNEL_DATA: place.data });
  const folder = path.join(config?.storeDirectory ?? '', 'outputs');
  const store = new FileOutputStore({ folder, onNotice: () => undefined, now: () => new Date() });
  await store.start();
  picture = await store.put(PICTURE);
  elsewhere = await store.put(Buffer.from('of another notebook'));
  large = await store.put(Buffer.alloc(16 * 1024 * 1024));
  const text = await store.grow(TextId.parse('run.0'), 0);
  text.append(LINES);
  whole = await text.finish();
  const growing = await store.grow(TextId.parse('run.1'), 0);
  growing.append('so far');
  const targets = [picture, whole, large, TextId.parse('run.0'), TextId.parse('run.1')];
  await store.refer({ fileId, holder: 'log' }, targets);
  await store.refer({ fileId: FileId.parse('another'), holder: 'log' }, [elsewhere]);
  await store.close();
}

beforeAll(async () => {
  place = await hubPlace();
  await fillStore();
  hub = await startHub(place);
}, SLOW_MS);

afterAll(async () => {
  const { stdout, stderr } = await hub.stop();
  await place.remove();
  expect(stdout + stderr).not.toContain('a request failed');
}, SLOW_MS);

const at = (target: string, notebook: string = fileId): string =>
  `${hub.url}/api/hub/notebooks/${encodeURIComponent(notebook)}/${target}`;
const get = (address: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(address, { method, headers: { authorization: `token ${TOKEN}`, ...headers } });
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
const matchesOf = async (response: Response) => TextSearchResult.parse(await response.json());

describe('a stored output', () => {
  test('is given whole, with its hash as its tag and for good', async () => {
    const response = await get(at(`outputs/${picture}?type=image/png`));
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(PICTURE.length),
      etag: `"${picture}"`,
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=604800, immutable',
    });
    expect((await bytesOf(response)).equals(PICTURE)).toBe(true);
  });

  test.each([
    ['bytes=10-19', 10, 20],
    ['bytes=-8192', PICTURE.length - 8192, PICTURE.length],
    ['bytes=299999-', PICTURE.length - 1, PICTURE.length],
  ])('[P46] is given in part: %s', async (range, start, end) => {
    const response = await get(at(`outputs/${picture}`), { range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${PICTURE.length}`);
    expect((await bytesOf(response)).equals(PICTURE.subarray(start, end))).toBe(true);
  });

  test('of a part that there is not, it is said how much there is', async () => {
    const response = await get(at(`outputs/${picture}`), { range: 'bytes=300000-' });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */300000');
    expect(await response.json()).toMatchObject({ message: 'there are 300000 bytes' });
  });

  test('[P46] is not sent again to who has it, nor to who only asks about it', async () => {
    for (const known of [`"${picture}"`, `"x", W/"${picture}"`, '*']) {
      const response = await get(at(`outputs/${picture}`), { 'if-none-match': known, range: 'bytes=0-9' });
      expect(response.status).toBe(304);
      expect(response.headers.get('etag')).toBe(`"${picture}"`);
    }
    expect((await get(at(`outputs/${picture}`), { 'if-none-match': '"x"' })).status).toBe(200);
    const head = await get(at(`outputs/${picture}`), {}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '300000']);
    expect((await bytesOf(head)).length).toBe(0);
  });

  test('a part goes to who has other parts of the same only', async () => {
    const same = await get(at(`outputs/${picture}`), { range: 'bytes=0-9', 'if-range': `"${picture}"` });
    const other = await get(at(`outputs/${picture}`), { range: 'bytes=0-9', 'if-range': '"another"' });
    expect([same.status, other.status]).toEqual([206, 200]);
    expect((await bytesOf(other)).length).toBe(PICTURE.length);
  });

  test('[P45] nothing of it runs in a browser as part of this site', async () => {
    for (const type of ['text/html', 'image/svg+xml', 'application/javascript', 'application/xhtml+xml', 'image/png']) {
      const { headers } = await get(at(`outputs/${picture}?type=${encodeURIComponent(type)}`));
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
      expect(headers.get('content-disposition') ?? 'shown').toBe(type === 'image/png' ? 'shown' : 'attachment');
      expect(headers.get('content-type')).not.toMatch(/html|javascript|xml;|xhtml/);
    }
  });

  test('is downloaded under the name that was asked for', async () => {
    const { headers } = await get(
      at(`outputs/${whole}?type=text/plain&download=${encodeURIComponent('größe "1".html')}`),
    );
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename=".*"; filename\*=UTF-8''gr%C3%B6%C3%9Fe/);
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  test('[P44] is for nobody but who has the token, and asks for a notebook that refers to it', async () => {
    expect((await fetch(at(`outputs/${picture}`))).status).toBe(401);
    const nowhere = [
      at(`outputs/${elsewhere}`),
      at(`outputs/${picture}`, 'another'),
      at(`outputs/${'0'.repeat(64)}`),
      at('outputs/..%2F..%2Freferences.log'),
      at('texts/..'),
      at('texts/..%2Freferences.log'),
      at('texts/run.2'),
      at('texts/run.0', 'another'),
    ];
    for (const address of nowhere)
      expect({ address, status: (await get(address)).status }).toEqual({ address, status: 404 });
    expect((await get(at(`outputs/${elsewhere}`, 'another'))).status).toBe(200);
  });

  test('who leaves in the middle is nobody’s trouble', async () => {
    for (let n = 0; n < 5; n += 1) await leaveAfterFirstBytes(at(`outputs/${large}`));
    expect((await get(at(`outputs/${large}`), {}, 'HEAD')).status).toBe(200);
  });
});

function leaveAfterFirstBytes(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const leaving = request(address, { headers: { authorization: `token ${TOKEN}` } }, (response) => {
      response.once('data', () => {
        response.destroy();
        resolve();
      });
    });
    leaving.on('error', reject).end();
  });
}

describe('a stored text', () => {
  test('is read as far as it has come, and its end by the last bytes', async () => {
    const response = await get(at('texts/run.1'));
    expect(await response.text()).toBe('so far');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      etag: 'W/"6"',
      'cache-control': 'private, no-cache',
    });
    expect((await get(at('texts/run.1'), { 'if-none-match': 'W/"6"' })).status).toBe(304);
    expect(await (await get(at('texts/run.1'), { range: 'bytes=-3' })).text()).toBe('far');
  });

  test('that is finished is an output too', async () => {
    expect(await (await get(at('texts/run.0'))).text()).toBe(LINES);
    expect(await (await get(at(`outputs/${whole}`))).text()).toBe(LINES);
  });

  test('[P46] is searched a page at a time, by line and by byte', async () => {
    const first = await matchesOf(await get(at('texts/run.0?search=4999&limit=3')));
    expect(first.matches.map(({ line, text }) => [line, text])).toEqual([
      [5000, '4999'],
      [15000, '14999'],
      [25000, '24999'],
    ]);
    const second = await matchesOf(await get(at(`texts/run.0?search=4999&from=${String(first.next)}`)));
    expect(second.matches.map(({ text }) => text).slice(0, 3)).toEqual(['34999', '44999', '49990']);
    expect(second.next).toBeNull();
    const { from, to } = first.matches[0]!;
    const found = await get(at('texts/run.0'), { range: `bytes=${from}-${to - 1}` });
    expect(await found.text()).toBe('4999');
  });

  test.each([
    'search=',
    'search=a%0Ab',
    'search=a&from=-1',
    'search=a&limit=0',
    'search=a&limit=x',
    'search=a&search=b',
  ])('is not searched for %s', async (query) => {
    const response = await get(at(`texts/run.0?${query}`));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('the search is not as expected') });
  });
});
