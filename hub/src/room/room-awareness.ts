/**
 * Who is where in the document: the awareness states of one room. Changes go out in one frame for all, at once after
 * quiet and at most every `batchMs` (X18), also to whoever sent them (stock providers leave without an echo).
 * A state belongs to the socket that brought it, and its name is the one that the hub gave.
 */
import type * as Y from 'yjs';
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  modifyAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness';

export interface RoomAwarenessOptions {
  readonly doc: Y.Doc;
  /** 50: at most twenty frames a second. */
  readonly batchMs: number;
  /** Sends one awareness update to everybody. */
  readonly broadcast: (update: Uint8Array) => void;
}

interface AwarenessChange {
  readonly added: readonly number[];
  readonly updated: readonly number[];
  readonly removed: readonly number[];
}

/** The user that a state is to show, by the hub's word; null leaves what the client says. */
export type UserOf = () => Readonly<Record<string, unknown>> | null;

export class RoomAwareness {
  private readonly awareness: Awareness;
  private readonly owners = new Map<number, object>();
  private changed = new Set<number>();
  private timer: NodeJS.Timeout | null = null;
  private lastSent = -Infinity;

  constructor(private readonly options: RoomAwarenessOptions) {
    this.awareness = new Awareness(options.doc);
    this.awareness.setLocalState(null);
  }

  start(): void {
    this.awareness.on('update', this.updated);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.awareness.off('update', this.updated);
    this.awareness.destroy();
  }

  /** Takes a client's update in. Throws on bytes that are none. */
  apply(update: Uint8Array, socket: object, userOf: UserOf): void {
    const named = modifyAwarenessUpdate(update, (state: unknown) => withUser(state, userOf()));
    applyAwarenessUpdate(this.awareness, named, socket);
  }

  /** The socket closed: its states go. */
  left(socket: object): void {
    const ids = [...this.owners].filter(([, owner]) => owner === socket).map(([id]) => id);
    for (const id of ids) this.owners.delete(id);
    removeAwarenessStates(this.awareness, ids, socket);
  }

  /** Everything that is known, for one who comes; null when nobody has a state. */
  all(): Uint8Array | null {
    const ids = [...this.awareness.getStates().keys()];
    return ids.length === 0 ? null : encodeAwarenessUpdate(this.awareness, ids);
  }

  private readonly updated = ({ added, updated, removed }: AwarenessChange, origin: unknown): void => {
    for (const id of [...added, ...updated])
      if (typeof origin === 'object' && origin !== null) this.owners.set(id, origin);
    for (const id of removed) this.owners.delete(id);
    for (const id of [...added, ...updated, ...removed]) this.changed.add(id);
    const wait = this.options.batchMs - (performance.now() - this.lastSent);
    if (wait <= 0) this.send();
    else this.timer ??= setTimeout(() => this.send(), wait);
  };

  private send(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.changed.size === 0) return;
    const ids = [...this.changed];
    this.changed = new Set();
    this.lastSent = performance.now();
    this.options.broadcast(encodeAwarenessUpdate(this.awareness, ids));
  }
}

function withUser(state: unknown, user: Readonly<Record<string, unknown>> | null): unknown {
  if (user === null || typeof state !== 'object' || state === null) return state;
  const said: unknown = 'user' in state ? state.user : {};
  return { ...state, user: { ...(typeof said === 'object' ? said : {}), ...user } };
}
