/**
 * KernelSession: the hub's side of one kernel, with or without a notebook. The shell around kernel-session-state:
 * it hands events in one at a time, in the order in which they happened, and carries out their effects.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import { inputReply, kernelInfoRequest, parentId } from '@cokernel/proto/jupyter';
import type {
  KernelBusy,
  KernelId,
  KernelStatus,
  KernelUsage,
  KernelView,
  PromptId,
  PromptView,
  RunView,
} from '@cokernel/proto/hub';
import { RunId } from '@cokernel/proto/hub';
import { Refusal, messageOf } from '../errors.js';
import type { AttachedKernel, HostedKernel, KernelHostEvent } from '../kernel/kernel-host.js';
import { KernelHostError } from '../kernel/kernel-host.js';
import { answersHub, asHub } from './hub-request.js';
import { KernelComms } from './kernel-comms.js';
import type { KernelQuestion, ReplyContent } from './kernel-question.js';
import type { Asker } from './kernel-questions.js';
import { KernelQuestions } from './kernel-questions.js';
import type { RunTimes } from '@cokernel/proto/notebook';
import type { KernelSessionState, SessionEffect, SessionEvent } from './kernel-session-model.js';
import { initialState } from './kernel-session-model.js';
import { kernelStatus, transition } from './kernel-session-state.js';
import type { JournalPlace } from './live-run.js';
import { LiveRuns } from './live-runs.js';
import { QueueOwner } from './queue-owner.js';
import { noVariables } from './variables.js';
import type { RunOutputs } from './run-outputs.js';
import type { QueueChange, QueuedRun, RunQueue, Settlement } from './run-queue.js';
import { requestOf } from './run-request.js';

export interface SessionLog {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

/** What a session knows of its kernel; who uses it, the rooms know. */
export type SessionView = Omit<KernelView, 'notebooks'>;

/** What a session tells those who refer to it (its rooms). */
export interface SessionListener {
  readonly kernelChanged: (kernel: SessionView) => void;
  readonly usageTold: (usage: KernelUsage) => void;
  readonly promptChanged: (prompt: PromptView | null) => void;
  readonly queueChanged: (change: QueueChange) => void;
}

/** Goes along with a kernel without referring to it: the WebSockets of its channels. */
export interface KernelWatcher {
  /** Every message of the kernel, of all channels, in order, but the answers to the hub's own requests. */
  readonly heard: (message: KernelMessage) => void;
  readonly kernelChanged: (status: KernelStatus) => void;
  readonly queueChanged: (change: QueueChange) => void;
  /** The session ends, or this hub leaves it. */
  readonly ended: () => void;
  /** How many clients hear through it now. */
  readonly clientCount: () => number;
}

export interface KernelSessionOptions {
  readonly kernelId: KernelId;
  readonly specName: string;
  readonly displayName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: HostedKernel['origin'];
  readonly fence: number;
  readonly queue: RunQueue;
  /** Where the output of a run goes. */
  readonly outputsOf: (run: QueuedRun) => Promise<RunOutputs>;
  /** A run of this kernel that ended under an earlier owner; null when nobody remembers it. */
  readonly endedRun: (runId: string) => Promise<QueuedRun | null>;
  /** Told of a run without a cell that ended before it began. */
  readonly transcriptWithdrawn: (run: RunView) => Promise<void>;
  /** Told of a question of a run without a cell. */
  readonly transcriptPrompted: (runId: RunId, text: string, password: boolean) => Promise<void>;
  /** Told when code has ended the kernel, which is gone by now: whoever keeps this session forgets it. */
  readonly exited: (reason: string) => Promise<void>;
  readonly newId: () => string;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

/** Between a run's idle and its reply; as a rule they come together. */
const REPLY_GRACE_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** As kernel_info_reply names it in `supported_features`. */
const SUBSHELLS = 'kernel subshells';

export class KernelSession {
  private state: KernelSessionState = initialState;
  private kernel: AttachedKernel | null = null;
  private readonly session: string;
  private readonly liveRuns: LiveRuns;
  private readonly owner: QueueOwner;
  private readonly questions: KernelQuestions;
  private readonly comms = new KernelComms(() => this.sender());
  private readonly listeners = new Set<SessionListener>();
  private readonly watchers = new Set<KernelWatcher>();
  /** The interrupt that was sent last. */
  private interrupting: Promise<void> = Promise.resolve();
  /** The settlement that was begun last. */
  private settling: Promise<void> = Promise.resolve();
  private restartAsked: string | null = null;
  private unsubscribe: (() => void) | null = null;
  private place: JournalPlace = { journalId: '', seq: 0 };
  /** The question whose answer shows that the kernel has done with all before it. */
  private passedQuestion: { readonly msgId: string; readonly runId: RunId } | null = null;
  private lastDeath = 'it ended while no hub was with it';
  private fence: number;
  private activity: Date;
  private usageTold: KernelUsage | null = null;
  /** Null unless the kernel is being ended. */
  private endsTold: Set<RunId> | null = null;
  private isEnding = false;
  /** The next owner goes on: nothing may be settled any more that the targets may not have stored. */
  private isLeft = false;

  constructor(private readonly options: KernelSessionOptions) {
    this.session = options.newId();
    this.fence = options.fence;
    this.activity = options.clock();
    const { kernelId, queue, log, outputsOf } = options;
    this.owner = new QueueOwner({
      kernelId,
      queue,
      log,
      onBack: (snapshot) => this.handle({ type: 'queueChanged', snapshot }),
    });
    this.questions = new KernelQuestions({
      send: (message) => this.sendNow(message),
      sender: () => asHub(this.sender()),
      newId: options.newId,
      isFree: () => kernelStatus(this.state) === 'idle',
      hasSubshells: () => this.hasFeature(SUBSHELLS),
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
    this.liveRuns = new LiveRuns({
      outputsOf,
      endedRun: options.endedRun,
      log,
      onWriteFailed: (runId, error) => log.error({ error, runId }, 'what a run produced was not stored'),
    });
  }

  /** When the kernel last said or was asked something. */
  get lastActivity(): Date {
    return this.activity;
  }

  /** How many rooms refer to it. */
  get listenerCount(): number {
    return this.listeners.size;
  }

  /** How many hear its messages. */
  get watcherCount(): number {
    return [...this.watchers].reduce((sum, watcher) => sum + watcher.clientCount(), 0);
  }

  /** `existing`: found by its connection file, and not ours to end. */
  get origin(): HostedKernel['origin'] {
    return this.options.origin;
  }

  /** What it used when it was measured last; null before that. */
  get usage(): KernelUsage | null {
    return this.usageTold;
  }

  get kernelId(): KernelId {
    return this.options.kernelId;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.options.labels;
  }

  get prompt(): PromptView | null {
    return this.state.prompt;
  }

  get language(): string | null {
    return this.state.kernelInfo?.language_info.name ?? null;
  }

  /** The kernel's language_info, for the notebook's metadata; null before it was ready. */
  get languageInfo(): Readonly<Record<string, unknown>> | null {
    return this.state.kernelInfo?.language_info ?? null;
  }

  /** The content of the newest kernel_info_reply; null before the first. */
  get kernelInfo(): ReplyContent | null {
    return this.state.kernelInfo === null ? null : { ...this.state.kernelInfo };
  }

  get currentRun(): RunView | null {
    return this.state.current?.run.view ?? null;
  }

  view(): SessionView {
    const { kernel } = this.state;
    return {
      kernelId: this.kernelId,
      specName: this.options.specName,
      displayName: this.options.displayName,
      language: this.language,
      status: kernelStatus(this.state),
      reason: kernel.phase === 'dead' || kernel.phase === 'failed' ? kernel.reason : null,
      origin: this.origin,
    };
  }

  /** Subscribes to the queue and waits for `attached`. */
  start(): void {
    this.unsubscribe = this.options.queue.subscribe(this.kernelId, (change) => this.queueChanged(change));
  }

  /** The kernel it talks to from now on; also after it was started anew, under a new fence. */
  attached(kernel: AttachedKernel, fence: number, journalId: string): void {
    this.kernel?.detach();
    this.kernel = kernel;
    this.fence = fence;
    if (journalId !== this.place.journalId) this.place = { journalId, seq: 0 };
    if (this.options.origin === 'existing') this.comms.joinedLate();
  }

  /** How far it has heard the kernel. */
  get heardUpTo(): JournalPlace {
    return this.place;
  }

  /** The way to the kernel is broken; `hostFound` follows, or the kernel's death. */
  hostLost(): void {
    this.handle({ type: 'hostLost' });
  }

  /** The way is there, and what the host kept was told. */
  hostFound({ state, kernelInfo, knowsAllRequests }: HostedKernel): void {
    const { lastDeath: reason } = this;
    if (!knowsAllRequests) this.comms.joinedLate();
    this.handle({ type: 'hostFound', state, kernelInfo, knowsAllRequests, reason, at: this.now() });
  }

  /** The host has no such kernel any more. */
  hostGone(reason: string): void {
    const gone = { state: 'dead', kernelInfo: null, knowsAllRequests: false } as const;
    this.handle({ type: 'hostFound', ...gone, reason, at: this.now() });
  }

  /** Another keeper serves the machine and does not know this kernel, or not what it said. */
  journalLost(): void {
    this.comms.missed();
    this.giveUp('what the kernel said meanwhile was lost');
  }

  /** Goes on with the run that an earlier owner took; before `attached`, while the way to the kernel counts as broken. */
  async resume(run: QueuedRun, journalId: string): Promise<void> {
    this.handle({ type: 'runResumed', run });
    try {
      const progress = await this.liveRuns.resume(run);
      if (progress === null) await this.liveRuns.begin(run);
      else if (progress.end !== null) this.handle({ type: 'runHadEnded', end: progress.end });
      else if (progress.journalId !== journalId) this.journalLost();
    } catch (error) {
      this.giveUp(`its output could not be gone on with: ${messageOf(error)}`);
    }
  }

  private giveUp(reason: string): void {
    this.handle({ type: 'runGivenUp', reason, at: this.now() });
  }

  /** Leaves the kernel as it is. Can be called twice. */
  stop(): void {
    this.isLeft = true;
    this.liveRuns.stop();
    this.owner.stop();
    this.unsubscribe?.();
    this.unsubscribe = null;
    this.questions.failAll('the hub leaves this kernel');
    this.kernel?.detach();
    this.kernel = null;
    this.listeners.clear();
    for (const watcher of [...this.watchers]) watcher.ended();
    this.watchers.clear();
  }

  /** Tells every message from now on; returns what ends it. */
  watch(watcher: KernelWatcher): () => void {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
    };
  }

  /**
   * Passes a client's request on to the kernel; an execute_request goes through the queue instead. Resolves with what
   * the hub itself says in answer, for the asker's eyes only and in this order: nothing when the kernel answers.
   */
  async forward(message: KernelMessage): Promise<readonly KernelMessage[]> {
    const answer = this.comms.answer(message, kernelStatus(this.state) === 'idle');
    if (answer === null) await this.live().send(message);
    return answer ?? [];
  }

  listen(listener: SessionListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** The host's event for this kernel. */
  hostEvent(event: KernelHostEvent): void {
    if (this.isEnding || this.isLeft) return;
    const at = this.now();
    switch (event.type) {
      case 'message':
        return this.heard(event.message, event.seq);
      case 'sent':
        this.place = { ...this.place, seq: event.seq };
        return this.handle({ type: 'requestTraced', runId: event.msgId });
      case 'ready':
        this.restartAsked = null;
        return this.handle({ type: 'kernelBecameReady', kernelInfo: event.kernelInfo, at });
      case 'restarting': {
        this.comms.clear();
        const asked = this.restartAsked;
        return this.handle({ type: 'kernelRestarting', asked: asked !== null, reason: asked ?? event.reason, at });
      }
      case 'died':
        this.comms.clear();
        this.restartAsked = null;
        this.lastDeath = deathOf(event.reason, event.stderr);
        return this.handle({ type: 'kernelDied', reason: this.lastDeath, at });
      case 'detached':
        return this.hostLost();
      case 'gap':
        this.comms.missed();
        this.options.log.warn({ kernelId: this.kernelId, ...event }, 'messages of the kernel were lost');
        return this.handle({ type: 'messagesLost', upTo: event.toSeq - 1, reason: event.reason });
      case 'heartbeat':
        return this.options.log.info({ kernelId: this.kernelId, ...event }, 'heartbeat');
      case 'usage':
        return this.measured({ rssBytes: event.rssBytes, cpuPercent: event.cpuPercent });
    }
  }

  private heard(message: KernelMessage, seq: number): void {
    this.place = { ...this.place, seq };
    this.activity = this.options.clock();
    this.comms.heard(message);
    if (!answersHub(message)) for (const watcher of [...this.watchers]) watcher.heard(message);
    const asked = this.passedQuestion;
    if (asked !== null && parentId(message) === asked.msgId && message.channel === 'shell') {
      this.passedQuestion = null;
      this.handle({ type: 'kernelPassed', runId: asked.runId, at: this.now() });
    }
    if (message.header.msg_type === 'input_request' && this.wasAnswered(message)) return;
    this.handle({ type: 'messageArrived', message, at: this.now() });
  }

  /** Before this hub took the kernel over. */
  private wasAnswered(question: KernelMessage): boolean {
    return this.liveRuns.wasAnswered(parentId(question) ?? '', question.header.msg_id);
  }

  /** Interrupts the named run, or what runs. Answers which; null when that one is over or nothing runs. */
  async interrupt(runId?: RunId): Promise<RunId | null> {
    const current = this.currentRun;
    if (current === null || (runId !== undefined && current.runId !== runId)) return null;
    this.handle({ type: 'interruptAsked' });
    await this.interrupting;
    return current.runId;
  }

  /** Restarts the kernel; `by` is told to those whose run it ends. */
  async restart(by: string): Promise<void> {
    this.restartAsked = `the kernel was restarted by ${by}`;
    await this.live().restart();
  }

  async shutdown(): Promise<void> {
    await this.kernel?.shutdown();
  }

  /** Shuts down for good. What the kernel says from now on is not heard: who asked for this ends its run. */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.liveRuns.allDrained();
    await this.shutdown();
  }

  /**
   * The code has ended the kernel. Its process goes by itself in a moment, and its host must know by then that this is
   * wanted: it would start it anew.
   */
  private async exit(reason: string): Promise<void> {
    this.isEnding = true;
    const gone = this.shutdown();
    await this.settling;
    await gone;
    await this.options.exited(reason);
  }

  /** The kernel is about to be ended for good: from now on it is noted which ends of runs were told. */
  lastStepsBegan(): void {
    this.endsTold = new Set();
  }

  /** The last steps of the queue, made by who ends the kernel: tells what the queue has not told by itself yet. */
  lastStepsTaken({ snapshot, finished }: QueueChange): void {
    const untold = finished.filter(({ runId }) => this.endsTold?.has(runId) !== true);
    if (untold.length > 0) this.queueChanged({ snapshot, finished: untold });
  }

  /** Only the first answer counts; answers whether this was it (J18). The answer itself is never logged. */
  async answerPrompt(promptId: PromptId, value: string): Promise<boolean> {
    const { prompt, promptRequest } = this.state;
    if (prompt?.promptId !== promptId || promptRequest === null) return false;
    this.handle({ type: 'promptAnswered', promptId });
    // First to the kernel: an answer that is stored and was not sent would leave the kernel waiting for ever.
    const sent = this.live().send(inputReply(this.sender(), promptRequest, value));
    await Promise.all([sent, this.echoAnswer(prompt, value)]);
    return true;
  }

  /** The answer to a question beside the runs, or that it comes later. Throws `Refusal` (noKernel, kernelBusy, kernelGone). */
  ask(question: KernelQuestion, asker: Asker): Promise<ReplyContent | KernelBusy> {
    const { kernel } = this.state;
    if (kernel.phase === 'dead' || kernel.phase === 'failed') throw new Refusal('kernelGone', kernel.reason);
    if (question.kind === 'variables' && this.language !== null && this.language !== 'python') {
      return Promise.resolve({ ...noVariables(`of ${this.language} kernels variables can't be listed`) });
    }
    return this.questions.ask(question, asker);
  }

  /** Who asked has left: nobody waits for these answers. */
  dropQuestions(askerId: string): void {
    this.questions.dropOf(askerId);
  }

  private hasFeature(feature: string): boolean {
    return this.state.kernel.phase === 'ready' && this.state.kernelInfo?.supported_features?.includes(feature) === true;
  }

  private live(): AttachedKernel {
    if (this.kernel === null) throw new Refusal('noKernel', 'the notebook has no running kernel');
    return this.kernel;
  }

  private handle(event: SessionEvent): void {
    const { state, effects } = transition(this.state, event);
    const becameFree = kernelStatus(state) === 'idle' && kernelStatus(this.state) !== 'idle';
    this.state = state;
    // Before the effects, so that no next run gets in front.
    if (becameFree) this.questions.kernelBecameFree();
    for (const effect of effects) this.perform(effect);
  }

  private perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'takeNext':
        return this.background(this.takeNext());
      case 'begin':
        return this.background(this.begin(effect.run));
      case 'writeOutput':
        return this.liveRuns.accept(effect.runId, effect.message, this.place);
      case 'settle':
        this.settling = this.settle(effect.run, effect.end, effect.times);
        return this.background(this.settling);
      case 'exitKernel':
        return this.background(this.exit(effect.reason));
      case 'settleStored':
        return this.background(this.settleStored(effect.run, effect.end));
      case 'tellLoss':
        return this.tellLoss(effect.runId, effect.upTo, effect.reason);
      case 'askWhetherPassed':
        return this.background(this.askWhetherPassed(effect.runId));
      case 'hold':
        return this.background(this.owner.hold(effect.reason));
      case 'interruptKernel':
        this.interrupting = this.interruptKernel();
        return this.background(this.interrupting);
      case 'expectReply':
        return this.expectReply(effect.runId);
      case 'answerRequest':
        return this.questions.answer(effect.message);
      case 'failRequests':
        return this.questions.failAll(effect.reason);
      case 'notifyKernel':
        for (const watcher of [...this.watchers]) watcher.kernelChanged(kernelStatus(this.state));
        return this.tell((listener) => listener.kernelChanged(this.view()));
      case 'notifyPrompt':
        return this.promptChanged();
    }
  }

  private async interruptKernel(): Promise<void> {
    await this.live().interrupt(this.currentRun?.runId);
    this.handle({ type: 'interruptSent' });
  }

  private expectReply(runId: RunId): void {
    const timer = setTimeout(() => this.handle({ type: 'replyMissed', runId, at: this.now() }), REPLY_GRACE_MS);
    timer.unref();
  }

  private async takeNext(): Promise<void> {
    const run = await this.owner.takeNext(this.fence, this.now());
    if (run === null) return this.handle({ type: 'nothingTaken' });
    try {
      await this.liveRuns.open(run);
    } catch (error) {
      const reason = `its notebook could not be opened: ${messageOf(error)}`;
      return this.handle({ type: 'targetMissing', run, reason, at: this.now() });
    }
    this.handle({ type: 'runTaken', run });
  }

  private async begin(run: QueuedRun): Promise<void> {
    const begun = this.liveRuns.begin(run);
    const request = requestOf(run, this.sender());
    await Promise.all([begun, this.sendRun(request)]);
  }

  /** A host that is out of reach may have it all the same: `hostFound` says. One that refuses it as sent before has it. */
  private async sendRun(request: KernelMessage): Promise<void> {
    const runId = RunId.parse(request.header.msg_id);
    try {
      await this.sendNow(request);
      this.handle({ type: 'requestTraced', runId });
    } catch (error) {
      const code = error instanceof KernelHostError ? error.code : null;
      if (code === 'unreachable') return;
      if (code === 'alreadySent') return this.handle({ type: 'requestTraced', runId });
      const reason = `it did not reach the kernel: ${messageOf(error)}`;
      this.handle({ type: 'requestNotSent', runId, reason, at: this.now() });
    }
  }

  private tellLoss(runId: RunId, upTo: number, reason: string): void {
    this.liveRuns.missed(runId, { ...this.place, seq: upTo }, `⋯ output may be missing here: ${reason} ⋯\n`);
  }

  private async askWhetherPassed(runId: RunId): Promise<void> {
    const question = kernelInfoRequest(asHub(this.sender()));
    this.passedQuestion = { msgId: question.header.msg_id, runId };
    await this.sendNow(question);
  }

  private async settleStored(run: QueuedRun, end: Settlement): Promise<void> {
    await this.owner.settle(this.fence, run.view.runId, end);
    this.handle({ type: 'runSettled' });
  }

  private async sendNow(message: KernelMessage): Promise<void> {
    await this.live().send(message);
  }

  private async settle(run: QueuedRun, end: Settlement, times: RunTimes): Promise<void> {
    await this.liveRuns.end(run, end, times);
    if (this.isLeft) return;
    await this.owner.settle(this.fence, run.view.runId, end);
    this.handle({ type: 'runSettled' });
  }

  private queueChanged(change: QueueChange): void {
    for (const { runId } of change.finished) this.endsTold?.add(runId);
    this.tell((listener) => listener.queueChanged(change));
    for (const watcher of [...this.watchers]) watcher.queueChanged(change);
    this.endTranscripts(change.finished);
    this.handle({ type: 'queueChanged', snapshot: change.snapshot });
  }

  /** Of runs that were withdrawn before they began: who follows them must not wait for ever. */
  private endTranscripts(finished: readonly RunView[]): void {
    for (const run of finished) {
      if (run.target.kind !== 'transcript' || this.liveRuns.has(run.runId)) continue;
      this.background(this.options.transcriptWithdrawn(run));
    }
  }

  private promptChanged(): void {
    const { prompt } = this.state;
    if (prompt !== null) return this.background(this.showPrompt(prompt));
    this.tell((listener) => listener.promptChanged(null));
  }

  /** After the output before it, so that nobody is asked about what they can't see yet. */
  private async showPrompt(prompt: PromptView): Promise<void> {
    await this.liveRuns.drained(prompt.runId);
    if (this.state.prompt !== prompt) return;
    if (prompt.cellId === null) await this.options.transcriptPrompted(prompt.runId, prompt.text, prompt.password);
    else this.tell((listener) => listener.promptChanged(prompt));
  }

  /** What was asked and answered stays in the output, as in a terminal; a password never does. */
  private async echoAnswer(prompt: PromptView, value: string): Promise<void> {
    const shown = `${prompt.text}${prompt.password ? '········' : value.replace('\u0004', '')}\n`;
    await this.liveRuns.answered(prompt.runId, prompt.promptId, shown);
  }

  private measured(usage: KernelUsage): void {
    this.usageTold = usage;
    this.tell((listener) => listener.usageTold(usage));
  }

  private tell(say: (listener: SessionListener) => void): void {
    for (const listener of [...this.listeners]) say(listener);
  }

  private sender(): Sender {
    return { msgId: this.options.newId(), session: this.session, username: 'cokernel', date: this.now() };
  }

  private now(): string {
    return this.options.clock().toISOString();
  }

  private background(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.options.log.error({ error, kernelId: this.kernelId }, 'a step of the kernel session failed');
    });
  }
}

function deathOf(reason: string, stderr: string): string {
  return stderr.trim() === '' ? reason : `${reason}\n${stderr.trim()}`;
}
