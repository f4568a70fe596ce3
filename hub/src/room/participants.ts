/**
 * Pure: the people of one room. A device is one participant through all its sockets and reconnects; names are unique
 * among those who are here.
 */
import type { ClientKind, DeviceId, ParticipantId, ParticipantView, Role } from '@cokernel/proto/hub';

interface Participant {
  readonly participantId: ParticipantId;
  readonly deviceId: DeviceId;
  readonly name: string;
  readonly color: string;
  readonly role: Role;
  /** One entry an open socket, by the socket's id. */
  readonly sockets: ReadonlyMap<string, ClientKind>;
}

export type Participants = ReadonlyMap<ParticipantId, Participant>;

export interface Arrival {
  readonly participantId: ParticipantId;
  readonly deviceId: DeviceId;
  readonly wishedName: string | undefined;
  readonly role: Role;
  readonly socketId: string;
  readonly client: ClientKind;
}

/** Readable as text on light and dark grounds and told apart by most people. */
const COLORS = [
  '#2563eb',
  '#c2410c',
  '#15803d',
  '#9333ea',
  '#be123c',
  '#0e7490',
  '#a16207',
  '#4f46e5',
  '#a21caf',
  '#047857',
];

/** Somebody said hello on a socket. */
export function arrived(participants: Participants, arrival: Arrival): Participants {
  const known = participants.get(arrival.participantId);
  const sockets = new Map(known?.sockets).set(arrival.socketId, arrival.client);
  const name = uniqueName(participants, arrival.participantId, arrival.wishedName ?? known?.name ?? 'Guest');
  const color = known?.color ?? freeColor(participants);
  const { participantId, deviceId, role } = arrival;
  return new Map(participants).set(participantId, { participantId, deviceId, name, color, role, sockets });
}

/** A socket closed; the participant is remembered, so that it keeps its name and colour when it comes back. */
export function left(participants: Participants, socketId: string): Participants {
  const next = new Map(participants);
  for (const [id, participant] of participants) {
    if (!participant.sockets.has(socketId)) continue;
    const sockets = new Map(participant.sockets);
    sockets.delete(socketId);
    next.set(id, { ...participant, sockets });
  }
  return next;
}

export function renamed(participants: Participants, id: ParticipantId, wish: string): Participants {
  const known = participants.get(id);
  if (known === undefined) return participants;
  return new Map(participants).set(id, { ...known, name: uniqueName(participants, id, wish) });
}

/** Those who are here, in the order in which they came. */
export function present(participants: Participants): readonly ParticipantView[] {
  return [...participants.values()]
    .filter((participant) => participant.sockets.size > 0)
    .map(({ participantId, name, color, role, sockets }) => {
      return { participantId, name, color, role, clients: [...new Set(sockets.values())] };
    });
}

/** `Ann`, else `Ann 2`, `Ann 3`, … : the first that nobody else who is here has, whatever the case. */
function uniqueName(participants: Participants, id: ParticipantId, wish: string): string {
  const taken = new Set(
    [...participants.values()]
      .filter((other) => other.participantId !== id && other.sockets.size > 0)
      .map((other) => other.name.toLowerCase()),
  );
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wish : `${wish} ${String(n)}`;
    if (!taken.has(name.toLowerCase())) return name;
  }
}

function freeColor(participants: Participants): string {
  const used = [...participants.values()].map((participant) => participant.color);
  const counts = COLORS.map((color) => used.filter((other) => other === color).length);
  return COLORS[counts.indexOf(Math.min(...counts))] ?? '#2563eb';
}
