/**
 * A room as a client sees it: its state, its shared document, its calls and its events. `HubClient.joinRoom` gives one;
 * it comes back by itself after a lost connection, until `close()`.
 */
import type {
  CallName,
  CallParams,
  CallResult,
  ClientKind,
  DeviceId,
  Epoch,
  FileId,
  HubEvent,
  KernelSpecView,
  KernelUsage,
  KernelView,
  ParticipantView,
  PromptView,
  QueueView,
  RunId,
  RunView,
  SavingView,
  Welcome,
} from '@cokernel/proto/hub';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';

/** A Yjs document and the awareness that belongs to it. */
export interface SharedDocument {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
}

export interface RoomDocument extends SharedDocument {
  readonly epoch: Epoch;
}

export interface JoinRoom {
  /** The notebook, relative to the served folder, with `/`. */
  readonly path: string;
  /** The wished name; the hub makes it unique. Absent: the hub chooses one. */
  readonly name?: string;
  /** Random, made once and kept: the same device is the same participant after a reconnect. */
  readonly deviceId: DeviceId;
  readonly client: ClientKind;
  /**
   * Makes an empty document for each history (the page gives YNotebook's). Who makes one also destroys it; those that the
   * room makes itself it destroys itself.
   */
  readonly createDocument?: () => SharedDocument;
}

/**
 * `connected`: the hub has welcomed us. `disconnected`: it had, and the connection is lost; the room tries again.
 * `failed`: it will not try again, `failure` says why.
 */
export type RoomConnectionState = 'connecting' | 'connected' | 'disconnected' | 'failed';

export interface RoomState {
  readonly connection: RoomConnectionState;
  /** With `failed`: a sentence for a person. */
  readonly failure: string | null;
  /** With `connecting` and `disconnected`: why it could not be joined just now, a sentence; it is tried again. */
  readonly trouble: string | null;
  /** The document holds all that the hub's did when we (re)connected. */
  readonly synced: boolean;
  readonly you: Welcome['you'] | null;
  /** The notebook's; null before the first welcome. */
  readonly fileId: FileId | null;
  readonly path: string;
  readonly participants: readonly ParticipantView[];
  readonly kernel: KernelView | null;
  /** Without a kernel: what became of the one that there was, if nobody ended it; a sentence. */
  readonly kernelGone: string | null;
  /** What the kernel used when it was measured last; null until then. */
  readonly kernelUsage: KernelUsage | null;
  readonly kernelSpecs: readonly KernelSpecView[];
  readonly queue: QueueView;
  readonly prompt: PromptView | null;
  readonly saving: SavingView;
  /** Runs that ended lately, by event; bounded, oldest first. */
  readonly runs: ReadonlyMap<RunId, RunView>;
}

export interface Room {
  /** Immutable; a new object on each change. */
  readonly state: RoomState;
  /** Called after each change of `state` or `document`; returns what ends it. */
  subscribe(listener: () => void): () => void;
  /** Null until the hub has told the epoch; another object when a new history (or a refused edit) made it anew. */
  readonly document: RoomDocument | null;
  /**
   * Waits until the room is joined and its document synced, so that the hub handles the call after every edit made before
   * it. Rejects with CallError: the hub's code, or `disconnected` when the socket drops before the answer.
   */
  call<N extends CallName>(name: N, params: CallParams<N>): Promise<CallResult<N>>;
  /** Each event after the state has taken it in; returns what ends it. */
  onEvent(listener: (event: HubEvent) => void): () => void;
  /** Leaves the room. Can be called twice. */
  close(): void;
}
