/**
 * What a session hears of its kernel through the host: passes messages on to those who listen, keeps the place in the
 * host's journal, and turns what the host says into the session's events.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { parentId } from '@cokernel/proto/jupyter';
import type { KernelId, KernelUsage, RunId } from '@cokernel/proto/hub';
import type { KernelHostEvent } from '../kernel/kernel-host.js';
import { answersHub } from './hub-request.js';
import type { KernelComms } from './kernel-comms.js';
import type { SessionEvent } from './kernel-session-model.js';
import type { SessionLog } from './kernel-session-options.js';
import type { JournalPlace } from './live-run.js';
import type { SessionAudience } from './session-audience.js';

export interface KernelHearingOptions {
  readonly kernelId: KernelId;
  readonly comms: KernelComms;
  readonly audience: SessionAudience;
  /** True for a question that was answered before this hub took the kernel over. */
  readonly wasAnswered: (runId: string, promptId: string) => boolean;
  readonly onMessage?: (message: KernelMessage) => void;
  readonly handle: (event: SessionEvent) => void;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

/** A host tells it every 5 s, a busy machine somewhat later. */
const USAGE_HOLDS_MS = 20_000;

export class KernelHearing {
  private place: JournalPlace = { journalId: '', seq: 0 };
  private activity: Date;
  private usageTold: { readonly usage: KernelUsage; readonly at: Date } | null = null;
  private death = 'it ended while no hub was with it';
  private restartAsked: string | null = null;
  /** The question whose answer shows that the kernel has done with all before it. */
  private passedQuestion: { readonly msgId: string; readonly runId: RunId } | null = null;

  constructor(private readonly options: KernelHearingOptions) {
    this.activity = options.clock();
  }

  get heardUpTo(): JournalPlace {
    return this.place;
  }

  /** When the kernel last said something. */
  get lastActivity(): Date {
    return this.activity;
  }

  /** Null when it was told too long ago. */
  get usage(): KernelUsage | null {
    if (this.usageTold === null) return null;
    const { usage, at } = this.usageTold;
    return this.options.clock().getTime() - at.getTime() > USAGE_HOLDS_MS ? null : usage;
  }

  /** Why the kernel ended, as the host told it last. */
  get lastDeath(): string {
    return this.death;
  }

  /** What is heard from now on stands in this journal. */
  attached(journalId: string): void {
    if (journalId !== this.place.journalId) this.place = { journalId, seq: 0 };
  }

  /** The next restart is wanted by somebody: `reason` names them. */
  expectRestart(reason: string): void {
    this.restartAsked = reason;
  }

  /** The kernel is asked this behind the run: its answer tells `kernelPassed`. */
  expectAnswer(msgId: string, runId: RunId): void {
    this.passedQuestion = { msgId, runId };
  }

  take(event: KernelHostEvent): void {
    const { comms, handle, log, kernelId } = this.options;
    const at = this.now();
    switch (event.type) {
      case 'message':
        return this.heard(event.message, event.seq);
      case 'sent':
        this.place = { ...this.place, seq: event.seq };
        return handle({ type: 'requestTraced', runId: event.msgId });
      case 'ready':
        this.restartAsked = null;
        return handle({ type: 'kernelBecameReady', kernelInfo: event.kernelInfo, at });
      case 'restarting': {
        comms.clear();
        const asked = this.restartAsked;
        return handle({ type: 'kernelRestarting', asked: asked !== null, reason: asked ?? event.reason, at });
      }
      case 'died':
        comms.clear();
        this.restartAsked = null;
        this.death = deathOf(event.reason, event.stderr);
        return handle({ type: 'kernelDied', reason: this.death, at });
      case 'detached':
        return handle({ type: 'hostLost' });
      case 'gap':
        comms.missed();
        log.warn({ kernelId, ...event }, 'messages of the kernel were lost');
        return handle({ type: 'messagesLost', upTo: event.toSeq - 1, reason: event.reason });
      case 'heartbeat':
        return log.info({ kernelId, ...event }, 'heartbeat');
      case 'usage':
        return this.measured({ rssBytes: event.rssBytes, cpuPercent: event.cpuPercent });
    }
  }

  private measured(usage: KernelUsage): void {
    this.usageTold = { usage, at: this.options.clock() };
    this.options.audience.usageTold(usage);
  }

  private heard(message: KernelMessage, seq: number): void {
    const { comms, audience, onMessage, handle, clock } = this.options;
    onMessage?.(message);
    this.place = { ...this.place, seq };
    this.activity = clock();
    comms.heard(message);
    if (!answersHub(message)) audience.heard(message);
    this.tellWhetherPassed(message);
    if (!this.isAnsweredQuestion(message)) handle({ type: 'messageArrived', message, at: this.now() });
  }

  private tellWhetherPassed(message: KernelMessage): void {
    const asked = this.passedQuestion;
    if (asked === null || message.channel !== 'shell' || parentId(message) !== asked.msgId) return;
    this.passedQuestion = null;
    this.options.handle({ type: 'kernelPassed', runId: asked.runId, at: this.now() });
  }

  private isAnsweredQuestion(message: KernelMessage): boolean {
    if (message.header.msg_type !== 'input_request') return false;
    return this.options.wasAnswered(parentId(message) ?? '', message.header.msg_id);
  }

  private now(): string {
    return this.options.clock().toISOString();
  }
}

function deathOf(reason: string, stderr: string): string {
  return stderr.trim() === '' ? reason : `${reason}\n${stderr.trim()}`;
}
