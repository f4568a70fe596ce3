/** Three clients do what they like with a notebook, near and away, in any order: nothing that was typed is lost. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { CellId } from '@cokernel/proto/hub';
import {
  changeCellType,
  fillDocument,
  insertCell,
  makeCodeCell,
  makeNotebook,
  moveCell,
  readDocument,
} from '@cokernel/proto/notebook';
import fc from 'fast-check';
import type * as Y from 'yjs';
import { ClientCopy, HubCopy, moveAsStock } from '../support/copies.js';

type Kind =
  | 'type'
  | 'typeMuch'
  | 'erase'
  | 'move'
  | 'askMove'
  | 'changeType'
  | 'insert'
  | 'send'
  | 'take'
  | 'leave'
  | 'return'
  | 'restart';
interface Step {
  readonly who: number;
  readonly kind: Kind;
  readonly a: number;
  readonly b: number;
}

/** Characters that stand for one edit each. */
const FIRST_TOKEN = 0xe000;

class Game {
  readonly hub = new HubCopy();
  readonly clients: ClientCopy[];
  readonly away = new Set<ClientCopy>();
  readonly typed = new Set<string>();
  readonly erased = new Set<string>();

  constructor() {
    const cells = ['first', 'second', ''].map((source, index) => ({
      ...makeCodeCell(source),
      id: CellId.parse(`c${index}`),
    }));
    fillDocument(this.hub.doc, makeNotebook(cells));
    this.clients = [0, 1, 2].map(() => new ClientCopy(this.hub));
  }

  play({ who, kind, a, b }: Step): void {
    const client = this.clients[who];
    if (client === undefined) throw new Error('no such client');
    const { cells } = readDocument(client.doc);
    const cell = cells[a % cells.length];
    if (cell === undefined) return;
    switch (kind) {
      case 'type':
        return this.type(client, cell.id, b);
      case 'typeMuch':
        for (let times = 0; times < 4; times += 1) this.type(client, cell.id, b + times);
        return;
      case 'erase':
        return this.erase(client.text(cell.id), b);
      case 'move':
        return moveAsStock(client.doc, cell.id, b % cells.length);
      case 'askMove':
        return this.askMove(b);
      case 'changeType':
        return changeCellType(client.doc, cell.id, b % 2 === 0 ? 'code' : 'markdown');
      case 'insert':
        return insertCell(client.doc, b % cells.length, makeCodeCell(this.token()));
      case 'send':
        if (!this.away.has(client)) client.send();
        return;
      case 'take':
        if (!this.away.has(client)) client.take();
        return;
      case 'leave':
        if (!this.away.has(client)) client.send();
        this.away.add(client);
        return;
      case 'return':
        return this.comeBack(client);
      case 'restart':
        return this.hub.restart();
    }
  }

  end(): void {
    for (const client of this.clients) {
      this.comeBack(client);
      client.send();
    }
    for (const client of this.clients) client.take();
  }

  private comeBack(client: ClientCopy): void {
    if (!this.away.delete(client)) return;
    client.comeBack();
    client.take();
  }

  private askMove(b: number): void {
    const { cells } = readDocument(this.hub.doc);
    const [cell, before] = [cells[b % cells.length], cells[(b >> 4) % cells.length]];
    if (cell !== undefined) this.hub.write(() => moveCell(this.hub.doc, cell.id, before?.id ?? null));
  }

  private type(client: ClientCopy, id: CellId, at: number): void {
    client.type(id, at % (client.text(id).length + 1), this.token());
  }

  private erase(text: Y.Text, at: number): void {
    if (text.length === 0) return;
    const offset = at % text.length;
    this.erased.add(text.toJSON()[offset] ?? '');
    text.delete(offset, 1);
  }

  private token(): string {
    const token = String.fromCharCode(FIRST_TOKEN + this.typed.size);
    this.typed.add(token);
    return token;
  }
}

const kinds: Kind[] = [
  ...(['type', 'type', 'typeMuch', 'erase', 'move', 'move', 'askMove', 'changeType', 'insert'] as const),
  ...(['send', 'send', 'send', 'take', 'take', 'leave', 'return', 'restart'] as const),
];
const step = fc.record({
  who: fc.integer({ min: 0, max: 2 }),
  kind: fc.constantFrom(...kinds),
  a: fc.nat({ max: 100 }),
  b: fc.nat({ max: 1000 }),
});

beforeEach(() => {
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const runs = Number(process.env['COKERNEL_PROPERTY_RUNS'] ?? 200);

test('[X1] whoever moves cells while others type, all agree in the end and have what was typed, once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const game = new Game();
      for (const each of steps) game.play(each);
      game.end();
      const { cells } = readDocument(game.hub.doc);
      const text = cells.map(({ source }) => source).join('');
      expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
      const lost = [...game.typed].filter((token) => !game.erased.has(token) && !text.includes(token));
      const twice = [...game.typed].filter((token) => text.split(token).length > 2);
      expect({ lost, twice }).toEqual({ lost: [], twice: [] });
      for (const { doc } of game.clients) expect(readDocument(doc)).toEqual(readDocument(game.hub.doc));
    }),
    { numRuns: runs },
  );
});
