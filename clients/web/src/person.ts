/**
 * Who sits in front of this browser: a random device id, which makes the same browser the same participant, and
 * the name the person wishes. Both live in localStorage. `?name=` in the address gives a name without asking, and
 * a device id of its own, so that two tabs of one browser can be two people.
 */
import { DeviceId } from '@cokernel/proto/hub';

export interface Person {
  readonly deviceId: DeviceId;
  readonly name: string;
}

const NAME_KEY = 'cokernel.name';
const DEVICE_KEY = 'cokernel.device';

function deviceId(key: string): DeviceId {
  const known = DeviceId.safeParse(window.localStorage.getItem(key));
  if (known.success) return known.data;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = DeviceId.parse(Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''));
  window.localStorage.setItem(key, made);
  return made;
}

/** The person as known already; null when the name has yet to be asked. */
export function knownPerson(): Person | null {
  const given = new URLSearchParams(window.location.search).get('name')?.trim();
  if (given) return { deviceId: deviceId(`${DEVICE_KEY}:${given}`), name: given.slice(0, 64) };
  const name = window.localStorage.getItem(NAME_KEY);
  return name ? { deviceId: deviceId(DEVICE_KEY), name } : null;
}

/** Remembers the name that was chosen. */
export function introduce(name: string): Person {
  window.localStorage.setItem(NAME_KEY, name);
  return { deviceId: deviceId(DEVICE_KEY), name };
}

const ADJECTIVES = ['Calm', 'Bright', 'Quiet', 'Brave', 'Swift', 'Kind', 'Clever', 'Merry'];
const ANIMALS = ['Otter', 'Heron', 'Lynx', 'Robin', 'Badger', 'Finch', 'Hare', 'Marten'];

/** A friendly name to begin with. `random` is in [0, 1). */
export function suggestedName(random: () => number): string {
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? '';
  return `${pick(ADJECTIVES)} ${pick(ANIMALS)}`;
}
