/**
 * Room: the live meeting around one notebook: its document, its people, and the kernel session that it refers to.
 * Sockets join and leave; the room goes on without any, so that a run with nobody connected ends as any other.
 */
import type {
  Epoch,
  FileId,
  HubEvent,
  KernelSpecView,
  KernelView,
  NotebookView,
  ParticipantId,
  QueueRules,
  QueueView,
  RunView,
} from '@cokernel/proto/hub';
import { ParticipantId as ParticipantIdSchema, encodeHubFrame, sourceHash } from '@cokernel/proto/hub';
import type { Author, ClientKind, DeviceId, ParticipantView, PromptView, Welcome } from '@cokernel/proto/hub';
import { HUB_PROTOCOL } from '@cokernel/proto/hub';
import type { KernelSession } from '../run/kernel-session.js';
import type { QueueChange, RunQueue } from '../run/run-queue.js';
import type { CellOutputs } from './cell-outputs.js';
import type { KeptQueueRules } from './kept-queue-rules.js';
import type { Participants } from './participants.js';
import { arrived, left, present, renamed } from './participants.js';
import type { RoomAwareness } from './room-awareness.js';
import type { RoomClient } from './room-client.js';
import type { RoomDocument } from './room-document.js';
import { type Viewer, isElsewhere, seenQueue, seenRun } from './seen-runs.js';
import type { Saving } from './saving.js';
import type { Timeline } from './timeline.js';
import { awarenessFrame, updateFrame } from './frames.js';
import { overTimeNotice } from './over-time-notice.js';
import { Throttle } from './throttle.js';

export interface RoomParts {
  readonly fileId: FileId;
  readonly document: RoomDocument;
  readonly awareness: RoomAwareness;
  readonly outputs: CellOutputs;
  readonly saving: Saving;
  readonly timeline: Timeline;
  readonly queue: RunQueue;
  readonly queueRules: KeptQueueRules;
  /** The hub's software version, for the welcome. */
  readonly version: string;
  readonly kernelSpecs: () => readonly KernelSpecView[];
  /** The notebooks that use a kernel. */
  readonly notebooksOf: (session: KernelSession) => readonly NotebookView[];
  /** What became of a kernel that this notebook lost; null: nothing, or it has another. */
  readonly kernelGone: () => string | null;
  /** A kernel of this notebook became ready: what it says of its language. */
  readonly onKernelReady: (session: KernelSession) => void;
  readonly onEmpty: () => void;
}

/** A frame of a screen. */
const NEWS_WAIT_MS = 16;

/** What happened while nobody was here: the newest are told. */
const MAX_UNHEARD = 20;

export class Room {
  private readonly clients = new Set<RoomClient>();
  private participants: Participants = new Map();
  private session: KernelSession | null = null;
  private unlisten: (() => void) | null = null;
  private queueView: QueueView;
  private readonly news = new Throttle(NEWS_WAIT_MS, () => this.sayNews());
  private unheard: readonly HubEvent[] = [];
  private kernelIsNew = false;
  private queueIsNew = false;

  constructor(
    private readonly parts: RoomParts,
    private relativePath: string,
  ) {
    this.queueView = this.noQueue;
  }

  get fileId(): FileId {
    return this.parts.fileId;
  }

  get epoch(): Epoch {
    return this.parts.document.epoch;
  }

  /** Relative to the served folder. */
  get path(): string {
    return this.relativePath;
  }

  /** The file got another place. */
  moved(relativePath: string): void {
    this.relativePath = relativePath;
    this.tell({ event: 'pathChanged', path: relativePath });
  }

  get document(): RoomDocument {
    return this.parts.document;
  }

  get awareness(): RoomAwareness {
    return this.parts.awareness;
  }

  get outputs(): CellOutputs {
    return this.parts.outputs;
  }

  get saving(): Saving {
    return this.parts.saving;
  }

  get timeline(): Timeline {
    return this.parts.timeline;
  }

  get kernel(): KernelSession | null {
    return this.session;
  }

  get clientCount(): number {
    return this.clients.size;
  }

  get people(): readonly ParticipantView[] {
    return present(this.participants);
  }

  // Sockets

  add(client: RoomClient): void {
    this.clients.add(client);
  }

  remove(client: RoomClient): void {
    if (!this.clients.delete(client)) return;
    this.awareness.left(client);
    this.session?.dropQuestions(client.socket.id);
    if (client.participantId !== null) this.setParticipants(left(this.participants, client.socket.id));
    if (this.clients.size === 0) this.parts.onEmpty();
  }

  closeAll(code: number, reason: string): void {
    for (const client of [...this.clients]) client.socket.close(code, reason);
  }

  /** Sends to every client of this history but one. */
  relayUpdate(update: Uint8Array, except: object | null): void {
    const frame = updateFrame(update);
    for (const client of this.clients) {
      if (client !== except && client.phase === 'synced') client.socket.send(frame);
    }
  }

  broadcastAwareness(update: Uint8Array): void {
    const frame = awarenessFrame(update);
    for (const client of this.clients) client.socket.send(frame);
  }

  /** Tells everybody who said hello. */
  tell(event: HubEvent): void {
    for (const client of this.clients) this.tellOne(client, event);
  }

  /** Tells everybody what they may see of it. */
  private tellEach(eventFor: (viewer: Viewer) => HubEvent): void {
    const { fileId } = this;
    for (const client of this.clients) this.tellOne(client, eventFor({ fileId, participantId: client.participantId }));
  }

  /** Tells everybody; when nobody is here, the next one who comes. */
  tellSomebody(event: HubEvent): void {
    if (this.people.length > 0) this.tell(event);
    else this.unheard = [...this.unheard.slice(1 - MAX_UNHEARD), event];
  }

  /** What happened while nobody was here. */
  tellUnheard(client: RoomClient): void {
    for (const event of this.unheard) this.tellOne(client, event);
    this.unheard = [];
  }

  tellOne(client: RoomClient, event: HubEvent): void {
    if (client.participantId === null) return;
    client.socket.send(encodeHubFrame({ seq: client.nextSeq(), event }));
  }

  // People

  hello(client: RoomClient, said: { deviceId: DeviceId; name?: string | undefined; client: ClientKind }): Author {
    // The same device is the same person, also after the hub started anew: nothing has to be kept.
    const participantId = ParticipantIdSchema.parse(sourceHash(`participant ${said.deviceId}`).slice(0, 16));
    const arrival = { participantId, deviceId: said.deviceId, wishedName: said.name, role: client.socket.role };
    // A socket that says hello again, as somebody else, is not two people.
    const others = left(this.participants, client.socket.id);
    const next = arrived(others, { ...arrival, socketId: client.socket.id, client: said.client });
    this.setParticipants(next);
    client.participantId = participantId;
    this.expectPeople();
    return this.author(participantId);
  }

  rename(participantId: ParticipantId, wish: string): string {
    this.setParticipants(renamed(this.participants, participantId, wish));
    return this.author(participantId).name;
  }

  author(participantId: ParticipantId): Author {
    return { participantId, name: this.participants.get(participantId)?.name ?? 'somebody' };
  }

  /** The `user` that this client's awareness states show; null for one that said no hello. */
  userOf(client: RoomClient): Readonly<Record<string, unknown>> | null {
    const known = client.participantId === null ? undefined : this.participants.get(client.participantId);
    if (known === undefined) return null;
    const { name, color, participantId } = known;
    return { name, display_name: name, color, colorLight: `${color}33`, participantId };
  }

  welcome(participantId: ParticipantId): Welcome {
    const you = this.participants.get(participantId);
    const gone = this.kernelGone;
    return {
      protocol: HUB_PROTOCOL,
      version: this.parts.version,
      you: { participantId, name: you?.name ?? '', color: you?.color ?? '', role: you?.role ?? 'viewer' },
      fileId: this.fileId,
      path: this.path,
      epoch: this.epoch,
      participants: [...this.people],
      kernel: this.kernelView,
      ...(gone !== null && { kernelGone: gone }),
      kernelSpecs: [...this.parts.kernelSpecs()],
      queue: this.queueSeenBy(participantId),
      prompt: this.prompt,
      saving: this.saving.view,
    };
  }

  private setParticipants(participants: Participants): void {
    this.participants = participants;
    this.tell({ event: 'participantsChanged', participants: [...this.people] });
  }

  // Kernel

  get queue(): QueueView {
    return this.queueView;
  }

  queueSeenBy(participantId: ParticipantId | null): QueueView {
    return seenQueue(this.queueView, { fileId: this.fileId, participantId });
  }

  /** Those that were chosen here, for kernels that are started for this notebook. */
  get queueRules(): QueueRules {
    return this.parts.queueRules.rules;
  }

  /** Durable when it resolves; the queue of a kernel that there is has rules of its own. */
  async keepQueueRules(rules: QueueRules): Promise<void> {
    await this.parts.queueRules.keep(rules);
    if (this.session !== null) return;
    this.queueView = this.noQueue;
    this.queueIsNew = true;
    this.news.ask();
  }

  /** Of a notebook without a kernel. */
  private get noQueue(): QueueView {
    return { number: 0, held: null, rules: this.queueRules, running: null, queued: [] };
  }

  private get kernelView(): KernelView | null {
    if (this.session === null) return null;
    return { ...this.session.view(), notebooks: [...this.parts.notebooksOf(this.session)] };
  }

  private get kernelGone(): string | null {
    return this.session === null ? this.parts.kernelGone() : null;
  }

  private get prompt(): PromptView | null {
    return this.ours(this.session?.prompt ?? null);
  }

  /**
   * The question that everybody here sees: one of a run without a cell goes to those who read its transcript, and one of
   * another notebook's cell to the people there.
   */
  private ours(prompt: PromptView | null): PromptView | null {
    if (prompt === null || prompt.cellId === null) return null;
    const run = this.session?.currentRun ?? null;
    return run !== null && isElsewhere(run, this.fileId) ? null : prompt;
  }

  /** Refers to this session from now on, or to none. */
  async useKernel(session: KernelSession | null): Promise<void> {
    this.unlisten?.();
    this.unlisten = null;
    this.session = session;
    this.queueView = this.noQueue;
    if (session !== null) await this.follow(session);
    if (this.session !== session) return;
    this.expectPeople();
    this.kernelIsNew = true;
    this.queueIsNew = true;
    this.news.ask();
    this.promptChanged(this.prompt);
    if (session?.languageInfo) this.parts.onKernelReady(session);
  }

  /** A program writes no code, and asks the kernel nothing beside its runs. */
  private expectPeople(): void {
    const isPerson = ({ clients }: ParticipantView): boolean => clients.some((client) => client !== 'program');
    if (this.people.some(isPerson)) this.session?.expectPeople();
  }

  private async follow(session: KernelSession): Promise<void> {
    this.unlisten = session.listen({
      kernelChanged: () => this.kernelChanged(session),
      usageTold: (usage) => this.tell({ event: 'kernelUsage', kernelId: session.kernelId, ...usage }),
      promptChanged: (prompt) => this.promptChanged(this.ours(prompt)),
      queueChanged: (change) => this.queueChanged(change),
      ranOverTime: (run, mostSeconds) => this.ranOverTime(run, mostSeconds),
    });
    const snapshot = await this.parts.queue.snapshot(session.kernelId);
    // A step that was told meanwhile may be newer than the snapshot.
    if (this.session === session && snapshot.number >= this.queueView.number) this.queueView = viewOf(snapshot);
  }

  /** Another notebook uses the kernel too, or does no more. */
  kernelSharedAnew(): void {
    this.kernelIsNew = true;
    this.news.ask();
  }

  private kernelChanged(session: KernelSession): void {
    this.kernelIsNew = true;
    this.news.ask();
    if (session.view().status === 'idle') this.parts.onKernelReady(session);
  }

  private queueChanged(change: QueueChange): void {
    if (change.snapshot.number <= this.queueView.number) return;
    this.queueView = viewOf(change.snapshot);
    this.queueIsNew = true;
    this.timeline.queueChanged(this.queueView, change.finished);
    this.news.ask();
    if (change.finished.length > 0) this.news.sayNow();
    for (const run of change.finished) {
      this.tellEach((viewer) => ({ event: 'runFinished', run: seenRun(run, viewer) }));
    }
  }

  /** Told to its author alone: the others see that it was interrupted, and by what. */
  private ranOverTime(run: RunView, mostSeconds: number): void {
    const { author, target } = run;
    const isOurs = target.kind === 'cell' && !isElsewhere(run, this.fileId);
    const event = overTimeNotice(mostSeconds, isOurs ? target.cellId : null);
    for (const client of this.clients) if (client.participantId === author.participantId) this.tellOne(client, event);
  }

  private sayNews(): void {
    const { kernelIsNew, queueIsNew, kernelGone: gone } = this;
    this.kernelIsNew = false;
    this.queueIsNew = false;
    if (kernelIsNew) this.tell({ event: 'kernelChanged', kernel: this.kernelView, ...(gone !== null && { gone }) });
    if (queueIsNew) this.tellEach((viewer) => ({ event: 'queueChanged', queue: seenQueue(this.queueView, viewer) }));
  }

  private promptChanged(prompt: PromptView | null): void {
    this.news.sayNow();
    this.timeline.asked(prompt);
    this.tell({ event: 'promptChanged', prompt });
  }

  /** Saves what is due and closes the document. Can be called twice. */
  async stop(): Promise<void> {
    this.unlisten?.();
    this.unlisten = null;
    this.awareness.stop();
    this.outputs.stop();
    this.news.stop();
    try {
      await this.saving.stop();
    } finally {
      // What could not be saved is in the log, and must stay there.
      await this.timeline.stop();
      await this.document.stop();
    }
  }
}

function viewOf(snapshot: QueueChange['snapshot']): QueueView {
  return { ...snapshot, queued: [...snapshot.queued] };
}
