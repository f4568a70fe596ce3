/** The people of a room: names, colours, devices. */
import { describe, expect, test } from '@jest/globals';
import { DeviceId, ParticipantId } from '@cokernel/proto/hub';
import type { Participants } from '../../src/room/participants.js';
import { arrived, left, present, renamed } from '../../src/room/participants.js';

const nobody: Participants = new Map();

function comes(people: Participants, id: string, wishedName: string | undefined, socketId = `${id}-1`): Participants {
  const device = {
    participantId: ParticipantId.parse(id),
    deviceId: DeviceId.parse(`device of ${id}`.padEnd(16, '.')),
  };
  return arrived(people, { ...device, wishedName, role: 'owner', socketId, client: 'page' });
}

const names = (people: Participants): string[] => present(people).map(({ name }) => name);

describe('people', () => {
  test('[P17] of the same name are told apart by a number, whatever the case', () => {
    expect(names(comes(comes(comes(nobody, 'a', 'Ann'), 'b', 'ann'), 'c', 'Ann'))).toEqual(['Ann', 'ann 2', 'Ann 3']);
  });

  test('who wish no name are guests', () => {
    expect(names(comes(comes(nobody, 'a', undefined), 'b', undefined))).toEqual(['Guest', 'Guest 2']);
  });

  test('[P17] of one device are one participant through all its sockets', () => {
    const twice = comes(comes(nobody, 'a', 'Ann', 's1'), 'a', 'Ann', 's2');
    expect(names(twice)).toEqual(['Ann']);
    expect(names(left(twice, 's1'))).toEqual(['Ann']);
    expect(names(left(left(twice, 's1'), 's2'))).toEqual([]);
  });

  test('who come back have their name and colour again', () => {
    const first = comes(comes(nobody, 'a', 'Ann'), 'b', 'Ben');
    const again = comes(left(first, 'b-1'), 'b', undefined, 'b-2');
    expect(present(again)).toEqual(present(first));
  });

  test('who come back give way when somebody else has the name now', () => {
    const taken = comes(left(comes(nobody, 'a', 'Ann'), 'a-1'), 'b', 'Ann');
    expect(names(comes(taken, 'a', 'Ann', 'a-2'))).toEqual(['Ann 2', 'Ann']);
  });

  test('have different colours as long as there are any', () => {
    const ten = Array.from({ length: 10 }, (_, n) => `p${String(n)}`).reduce((all, id) => comes(all, id, id), nobody);
    expect(new Set(present(ten).map(({ color }) => color)).size).toBe(10);
    expect(present(comes(ten, 'p10', 'Eve')).at(-1)?.color).toMatch(/^#[0-9a-f]{6}$/);
  });

  test('may take another name, if it is free', () => {
    const two = comes(comes(nobody, 'a', 'Ann'), 'b', 'Ben');
    expect(names(renamed(two, ParticipantId.parse('b'), 'Ann'))).toEqual(['Ann', 'Ann 2']);
    expect(names(renamed(two, ParticipantId.parse('b'), 'Eve'))).toEqual(['Ann', 'Eve']);
    expect(renamed(two, ParticipantId.parse('z'), 'Eve')).toBe(two);
  });

  test('are shown with the programs through which they are here', () => {
    const two = arrived(comes(nobody, 'a', 'Ann', 's1'), {
      participantId: ParticipantId.parse('a'),
      deviceId: DeviceId.parse('a device of ann..'),
      wishedName: undefined,
      role: 'owner',
      socketId: 's2',
      client: 'terminal',
    });
    expect(present(two)[0]?.clients).toEqual(['page', 'terminal']);
  });
});
