/**
 * KernelSession: the hub's side of one kernel, with or without a notebook. The shell around kernel-session-state:
 * it hands events in one at a time, in the order in which they happened, and carries out their effects.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import type { KernelBusy, KernelId, KernelUsage, PromptId, PromptView, RunView } from '@cokernel/proto/hub';
import type { RunId } from '@cokernel/proto/hub';
import { Refusal } from '../errors.js';
import type { AttachedKernel, HostedKernel, KernelHostEvent } from '../kernel/kernel-host.js';
import type { KernelPast } from './kernel-past.js';
import type { KernelQuestion, ReplyContent } from './kernel-question.js';
import type { Asker } from './kernel-questions.js';
import type { KernelSessionState, SessionEffect, SessionEvent } from './kernel-session-model.js';
import { initialState } from './kernel-session-model.js';
import type { KernelSessionOptions } from './kernel-session-options.js';
import { kernelStatus, transition } from './kernel-session-state.js';
import type { JournalPlace } from './live-run.js';
import { noVariables } from './variables.js';
import type { QueueChange, QueuedRun } from './run-queue.js';
import { JOURNAL_LOST } from './run-steps.js';
import type { KernelWatcher, SessionListener, SessionView } from './session-audience.js';
import type { SessionParts } from './session-parts.js';
import { sessionParts } from './session-parts.js';

export class KernelSession {
  private state: KernelSessionState = initialState;
  private kernel: AttachedKernel | null = null;
  private readonly session: string;
  private readonly parts: SessionParts;
  /** The interrupt that was sent last. */
  private interrupting: Promise<void> = Promise.resolve();
  /** The settlement that was begun last. */
  private settling: Promise<void> = Promise.resolve();
  private unsubscribe: (() => void) | null = null;
  private fence: number;
  /** Null unless the kernel is being ended. */
  private endsTold: Set<RunId> | null = null;
  private isEnding = false;
  /** Nothing that the kernel says is heard any more: the next owner goes on. */
  private isLeft = false;

  constructor(private readonly options: KernelSessionOptions) {
    this.session = options.newId();
    this.fence = options.fence;
    this.parts = sessionParts(options, {
      state: () => this.state,
      fence: () => this.fence,
      send: (message) => this.sendNow(message),
      sender: () => this.sender(),
      now: () => this.now(),
      mayTake: () => this.state.kernel.phase === 'ready' && !this.isEnding,
      handle: (event) => this.handle(event),
    });
  }

  /** When the kernel last said or was asked something. */
  get lastActivity(): Date {
    return this.parts.hearing.lastActivity;
  }

  /** How many rooms refer to it. */
  get listenerCount(): number {
    return this.parts.audience.listenerCount;
  }

  /** How many hear its messages. */
  get watcherCount(): number {
    return this.parts.audience.watcherCount;
  }

  /** `existing`: found by its connection file, and not ours to end. */
  get origin(): HostedKernel['origin'] {
    return this.options.origin;
  }

  /** What it used when it was measured last; null before that. */
  get usage(): KernelUsage | null {
    return this.parts.hearing.usage;
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
    this.parts.hearing.attached(journalId);
    if (this.options.origin === 'existing') this.parts.comms.joinedLate();
  }

  /** How far it has heard the kernel. */
  get heardUpTo(): JournalPlace {
    return this.parts.hearing.heardUpTo;
  }

  /** It is taken over: what the host kept will be told from the beginning, then `hostFound`. */
  takenOver(): void {
    this.parts.past.begin();
    this.handle({ type: 'hostLost' });
  }

  get past(): Pick<KernelPast, 'isTold' | 'wasPassedOn'> {
    return this.parts.past;
  }

  /** The way is there, and what the host kept was told. */
  hostFound({ state, kernelInfo, knowsAllRequests }: HostedKernel): void {
    const { lastDeath: reason } = this.parts.hearing;
    if (!knowsAllRequests) this.parts.comms.joinedLate();
    this.parts.past.end();
    this.handle({ type: 'hostFound', state, kernelInfo, knowsAllRequests, reason, at: this.now() });
  }

  /** The host has no such kernel any more. */
  hostGone(reason: string): void {
    const gone = { state: 'dead', kernelInfo: null, knowsAllRequests: false } as const;
    this.parts.past.end();
    this.handle({ type: 'hostFound', ...gone, reason, at: this.now() });
  }

  /** Another keeper serves the machine and does not know this kernel, or not what it said. */
  journalLost(): void {
    this.parts.comms.missed();
    this.handle({ type: 'runGivenUp', reason: JOURNAL_LOST, at: this.now() });
  }

  /** Goes on with the run that an earlier owner took; before `attached`, while the way to the kernel counts as broken. */
  async resume(run: QueuedRun, journalId: string): Promise<void> {
    this.parts.past.withRun(await this.parts.steps.resume(run, journalId));
    this.parts.timeLimit.queueIs(await this.options.queue.snapshot(this.kernelId));
  }

  /** Leaves the kernel as it is. Can be called twice. */
  stop(): void {
    this.isLeft = true;
    this.parts.steps.leave();
    this.parts.liveRuns.stop();
    this.parts.owner.stop();
    this.parts.timeLimit.stop();
    this.unsubscribe?.();
    this.unsubscribe = null;
    this.parts.questions.failAll('the hub leaves this kernel');
    this.kernel?.detach();
    this.kernel = null;
    this.parts.audience.end();
  }

  /** Tells every message from now on; returns what ends it. */
  watch(watcher: KernelWatcher): () => void {
    return this.parts.audience.watch(watcher);
  }

  /**
   * Passes a client's request on to the kernel; an execute_request goes through the queue instead. Resolves with what
   * the hub itself says in answer, for the asker's eyes only and in this order: nothing when the kernel answers.
   */
  async forward(message: KernelMessage): Promise<readonly KernelMessage[]> {
    const answer = this.parts.comms.answer(message, kernelStatus(this.state) === 'idle');
    if (answer === null) await this.live().send(message);
    return answer ?? [];
  }

  listen(listener: SessionListener): () => void {
    return this.parts.audience.listen(listener);
  }

  /** The host's event for this kernel. */
  hostEvent(event: KernelHostEvent): void {
    if (this.isEnding || this.isLeft) return;
    this.parts.hearing.take(event);
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
    this.parts.hearing.expectRestart(`the kernel was restarted by ${by}`);
    await this.live().restart();
  }

  async shutdown(): Promise<void> {
    await this.kernel?.shutdown();
  }

  /** Shuts down for good. What the kernel says from now on is not heard: who asked for this ends its run. */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.parts.liveRuns.allCompleted();
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
    return this.parts.prompts.answer(prompt, promptRequest, value);
  }

  /** The answer to a question beside the runs, or that it comes later. Throws `Refusal` (noKernel, kernelBusy, kernelGone). */
  ask(question: KernelQuestion, asker: Asker): Promise<ReplyContent | KernelBusy> {
    const { kernel } = this.state;
    if (kernel.phase === 'dead' || kernel.phase === 'failed') throw new Refusal('kernelGone', kernel.reason);
    if (question.kind === 'variables' && this.language !== null && this.language !== 'python') {
      return Promise.resolve({ ...noVariables(`of ${this.language} kernels variables can't be listed`) });
    }
    return this.parts.questions.ask(question, asker);
  }

  /** People are there, who ask while they write. */
  expectPeople(): void {
    this.parts.questions.expectPeople();
  }

  /** Who asked has left: nobody waits for these answers. */
  dropQuestions(askerId: string): void {
    this.parts.questions.dropOf(askerId);
  }

  private live(): AttachedKernel {
    if (this.kernel === null) throw new Refusal('noKernel', 'the notebook has no running kernel');
    return this.kernel;
  }

  private handle(event: SessionEvent): void {
    const { state, effects } = transition(this.state, event);
    const [before, status] = [kernelStatus(this.state), kernelStatus(state)];
    this.state = state;
    // Before the effects, so that no next run gets in front.
    if (status === 'idle' && before !== 'idle') this.parts.questions.kernelBecameFree();
    for (const effect of effects) this.perform(effect);
    if (status === before) return;
    this.parts.questions.statusChanged();
    this.parts.prompts.statusChanged();
  }

  private perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'takeNext':
        return this.background(this.parts.steps.takeNext());
      case 'begin':
        return this.background(this.parts.steps.begin(effect.run));
      case 'writeOutput':
        return this.parts.liveRuns.accept(effect.runId, effect.message, this.heardUpTo);
      case 'settle':
        this.settling = this.parts.steps.settle(effect.run, effect.end, effect.times);
        return this.background(this.settling);
      case 'exitKernel':
        return this.background(this.exit(effect.reason));
      case 'settleStored':
        return this.background(this.parts.steps.settleStored(effect.run, effect.end));
      case 'tellLoss':
        return this.parts.steps.tellLoss(effect.runId, { ...this.heardUpTo, seq: effect.upTo }, effect.reason);
      case 'askWhetherPassed':
        return this.background(this.parts.steps.askWhetherPassed(effect.runId));
      case 'hold':
        return this.background(this.parts.owner.hold(effect.reason));
      case 'interruptKernel':
        this.interrupting = this.interruptKernel();
        return this.background(this.interrupting);
      case 'expectReply':
        return this.parts.steps.expectReply(effect.runId);
      case 'tellOverTime':
        return this.parts.audience.ranOverTime(effect.run.view, effect.mostSeconds);
      case 'answerRequest':
        return this.parts.questions.answer(effect.message);
      case 'requestDone':
        return this.parts.questions.requestDone(effect.requestId);
      case 'failRequests':
        return this.parts.questions.failAll(effect.reason);
      case 'notifyKernel':
        return this.parts.audience.kernelChanged(this.view());
      case 'notifyPrompt':
        return this.promptChanged();
    }
  }

  private async interruptKernel(): Promise<void> {
    await this.live().interrupt(this.currentRun?.runId);
    this.handle({ type: 'interruptSent' });
  }

  private async sendNow(message: KernelMessage): Promise<void> {
    await this.live().send(message);
  }

  private queueChanged(change: QueueChange): void {
    for (const { runId } of change.finished) this.endsTold?.add(runId);
    this.parts.audience.queueChanged(change);
    this.endTranscripts(change.finished);
    this.parts.timeLimit.queueIs(change.snapshot);
    this.handle({ type: 'queueChanged', snapshot: change.snapshot });
  }

  /** Of runs that were withdrawn before they began: who follows them must not wait for ever. */
  private endTranscripts(finished: readonly RunView[]): void {
    for (const run of finished) {
      if (run.target.kind !== 'transcript' || this.parts.liveRuns.has(run.runId)) continue;
      this.background(this.options.transcriptWithdrawn(run));
    }
  }

  private promptChanged(): void {
    const { prompt } = this.state;
    if (prompt !== null) return this.background(this.parts.prompts.show(prompt));
    this.parts.audience.promptChanged(null);
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
