/**
 * The REPL beside the browser: what I type becomes cells that everybody sees, what others run is shown as it comes.
 * Guarantees that all output of a run of mine is printed before the next prompt, and that leaving ends nothing but this
 * terminal's presence.
 */
import type { HubClient, Room, RoomDocument, RoomState } from '@cokernel/core';
import { notebookUrl } from '@cokernel/core';
import type { HubEvent, PromptView, RunView } from '@cokernel/proto/hub';
import type { ExitCode } from '../cli-error.js';
import { exitCodes } from '../cli-error.js';
import type { Advance, CellSnapshot } from '../text/run-progress.js';
import type { Paint } from '../text/terminal-text.js';
import { safeText } from '../text/terminal-text.js';
import { Answers } from './answers.js';
import { BreakLines } from './break-lines.js';
import { endsWithBlankLine, looksIncomplete, nextIndent } from './completeness.js';
import { codePoints, matchColumns, readCompletion } from './completion.js';
import { NotebookWatch } from './notebook-watch.js';
import { OwnRun } from './own-run.js';
import * as lines from './room-lines.js';
import type { RunOwner, RunStyle } from './run-lines.js';
import { liveText, newsText } from './run-lines.js';
import { SlashActions } from './slash-actions.js';
import { readSlashCommand } from './slash-command.js';
import type { InputMode, Surface, SurfaceListener } from './surface.js';
import { KernelQuestions } from './kernel-questions.js';

export interface ReplOptions {
  readonly client: HubClient;
  readonly room: Room;
  readonly surface: Surface;
  readonly paint: Paint;
  /** Called with each input that was run. */
  readonly remember: (input: string) => void;
  readonly columns: () => number;
  /** No person types: the exit code says whether all went well. */
  readonly isScript: boolean;
}

export class Repl implements SurfaceListener {
  #state: RoomState;
  #watched: RoomDocument | null = null;
  #watch: NotebookWatch | null = null;
  #own: OwnRun | null = null;
  #greeted = false;
  /** We were away: what became of my run is to be looked up. */
  #wasAway = false;
  #lastCount = 0;
  /** How my last run ended, as its cell says. */
  #lastEnd = '';
  #failed = false;
  /** Commands under way. */
  #pending = 0;
  #shownMode = '';
  /** A question to somebody else, whose run is still on its way to us. */
  #unsaidPrompt: PromptView | null = null;
  readonly #ownRuns = new Set<string>();
  readonly #questions: KernelQuestions;
  readonly #answers: Answers;
  readonly #actions: SlashActions;
  #interrupts = 0;
  #finish: (exitCode: ExitCode) => void = () => undefined;
  readonly #unsubscribe: (() => void)[] = [];
  readonly #breaks: BreakLines;

  constructor(private readonly options: ReplOptions) {
    this.#state = options.room.state;
    this.#breaks = new BreakLines(options.room.state, { ...options, say: (line) => this.#say(line) });
    this.#questions = new KernelQuestions(options.room);
    this.#answers = new Answers(options.room, { say: (text) => this.#say(text), changed: () => this.#showMode() });
    this.#actions = new SlashActions({ ...options, answers: this.#answers, leave: () => this.leave() });
  }

  /** Resolves when the person has left, or the room can't be joined. */
  async run(): Promise<ExitCode> {
    const { room, surface } = this.options;
    const finished = new Promise<ExitCode>((resolve) => {
      this.#finish = resolve;
    });
    surface.start(this);
    this.#unsubscribe.push(room.subscribe(this.#roomChanged), room.onEvent(this.#heard));
    this.#roomChanged();
    const exitCode = await finished;
    this.#close();
    return exitCode;
  }

  /** Leaves from outside, as a signal does. */
  leave(): void {
    this.#finish(this.#failed && this.options.isScript ? exitCodes.codeFailed : exitCodes.ok);
  }

  // What the person does ---------------------------------------------------------------------------------------

  submitted(text: string, forced: boolean): void {
    const command = readSlashCommand(text);
    if (this.#answers.isAsked) {
      this.options.surface.dropInput();
      this.#shownMode = '';
      this.#background(this.#answers.answer(text));
    } else if (command !== null || text.trim() === '') {
      this.#take(text);
      if (command !== null) this.#busyWith(this.#actions.perform(command));
      this.#showMode();
    } else {
      this.#background(this.#submitCode(text, forced));
    }
  }

  interrupted(hadText: boolean): void {
    this.#interrupts += 1;
    if (this.#own !== null) this.#background(this.#own.stop());
    else if (this.#actions.privateRun !== null) this.#background(this.#actions.privateRun.interrupt());
    else if (this.#answers.isAsked) this.#answers.giveUp();
    else if (!hadText) this.#say(this.options.paint.dim('Ctrl-D or /leave leaves; the kernel goes on.'));
  }

  ended(): void {
    if (!this.#answers.isAsked) this.leave();
    else this.#background(this.#answers.endOfFile());
  }

  completionAsked(text: string, cursor: number): void {
    this.#background(this.#complete(text, cursor));
  }

  // Code -------------------------------------------------------------------------------------------------------

  async #submitCode(text: string, forced: boolean): Promise<void> {
    const interrupts = this.#interrupts;
    const indent = forced ? null : await this.#indentIfIncomplete(text);
    // Ctrl-C took it back while the kernel was asked whether it is whole.
    if (this.#interrupts !== interrupts) return;
    if (indent === null) await this.#runWhole(text);
    else this.options.surface.continueInput(indent);
  }

  async #runWhole(text: string): Promise<void> {
    this.#take(text);
    const { document } = this.options.room;
    const { you, connection } = this.#state;
    if (document === null || you === null || connection !== 'connected') {
      throw new Error('not connected: nothing was run; try again when the connection is back');
    }
    await this.#runCode(new OwnRun(this.options.room, document, text.trimEnd(), you.name));
  }

  async #runCode(own: OwnRun): Promise<void> {
    this.#own = own;
    this.#showMode();
    let run: RunView;
    try {
      run = await own.request();
      this.#ownRuns.add(run.runId);
    } catch (error) {
      this.#own = null;
      throw error;
    }
    const finished = run.finishedAt === null ? this.#state.runs.get(run.runId) : run;
    if (finished !== undefined) this.#ownFinished(finished);
  }

  /** Null when the text is whole. */
  async #indentIfIncomplete(text: string): Promise<string | null> {
    if (endsWithBlankLine(text)) return null;
    const answer = await this.#questions.isComplete(text);
    if (answer === 'complete') return null;
    if (answer !== 'unknown') return answer.indent === '' ? nextIndent(text) : answer.indent;
    return looksIncomplete(text) ? nextIndent(text) : null;
  }

  async #complete(text: string, cursor: number): Promise<void> {
    const { surface, paint, columns } = this.options;
    let isLate = false;
    const onBusy = (): void => {
      isLate = true;
      surface.print(paint.dim('kernel busy: completions come when it is free'));
    };
    const reply = await this.#questions.complete(text, codePoints(text, cursor), onBusy);
    if (reply === null) surface.print(paint.dim('no completions: there is no kernel that answers'));
    const completion = readCompletion(reply, text);
    if (completion === null || (isLate && !surface.holds(text))) return;
    const { from, to, common, matches } = completion;
    if (common !== text.slice(from, to) && common !== '') surface.complete(text, from, to, common);
    else if (matches.length > 1) surface.print(matchColumns(matches.map(safeText), columns()));
  }

  #take(text: string): void {
    this.options.surface.takeInput();
    this.#shownMode = '';
    if (text.trim() !== '') this.options.remember(text.trimEnd());
  }

  // What the room tells ----------------------------------------------------------------------------------------

  #roomChanged = (): void => {
    const before = this.#state;
    const after = this.options.room.state;
    this.#state = after;
    if (after.failure !== null) this.#refused(after.failure);
    this.#greet();
    this.#breaks.changed(after);
    for (const line of lines.changeLines(before, after, this.options.paint)) this.#say(line);
    if (after.connection === 'disconnected') this.#wasAway = true;
    this.#noteKernel(before, after);
    this.#follow();
    if (before.prompt?.promptId !== after.prompt?.promptId) this.#promptChanged(after.prompt);
    if (this.#wasAway && after.synced && after.connection === 'connected') this.#lookUpOwn();
    this.#showMode();
  };

  #greet(): void {
    if (this.#greeted || this.#state.connection !== 'connected') return;
    this.#greeted = true;
    this.#say(lines.headerLines(this.#state, this.options.paint));
  }

  #promptChanged(prompt: PromptView | null): void {
    this.#watch?.flush();
    this.#answers.dropUnless(prompt?.promptId);
    this.#unsaidPrompt = null;
    if (prompt === null || this.#answers.isAsked) return;
    const forMe = prompt.asked.participantId === this.#state.you?.participantId;
    if (forMe || prompt.runId === this.#actions.privateRun?.runId) this.#answers.ask(prompt);
    else this.#sayPrompt(prompt);
  }

  /** Below the code that asks: it comes by the document, which is told when it is stored, and so a little later. */
  #sayPrompt(prompt: PromptView): void {
    const isShown = prompt.cellId === null || this.#watch?.knows(prompt.runId) === true;
    this.#unsaidPrompt = isShown ? null : prompt;
    if (isShown) this.#say(lines.promptLine(prompt, this.options.paint));
  }

  /** Another kernel, or the same begun anew, counts from 1. */
  #noteKernel(before: RoomState, after: RoomState): void {
    const changed = before.kernel !== null && before.kernel.kernelId !== after.kernel?.kernelId;
    if (changed || after.kernel?.status === 'restarting') this.#lastCount = 0;
  }

  /** Watches the document that the room has now, from when it is complete. */
  #follow(): void {
    const { document } = this.options.room;
    if (document === this.#watched || document === null || !this.#state.synced) return;
    this.#watch?.stop();
    this.#watched = document;
    this.#watch = new NotebookWatch(document.doc, this.#produced);
    this.#watch.start();
    this.#lastCount = Math.max(this.#lastCount, this.#watch.highestCount());
  }

  #produced = (snapshot: CellSnapshot, { news, live }: Advance): void => {
    const owner = this.#ownerOf(snapshot);
    for (const one of news) {
      const text = newsText(one, owner, this.#style());
      if (text !== '') this.#say(text);
      if (one.type === 'ended' && snapshot.count !== null) this.#lastCount = Math.max(this.#lastCount, snapshot.count);
      if (one.type === 'ended' && owner.mine) this.#lastEnd = snapshot.run?.state ?? '';
    }
    this.options.surface.showLive(liveText(live, owner, this.#style()));
    if (this.#unsaidPrompt !== null) this.#sayPrompt(this.#unsaidPrompt);
  };

  #ownerOf({ cellId, run }: CellSnapshot): RunOwner {
    const name = run?.author ?? '';
    const color = this.#state.participants.find((person) => person.name === name)?.color ?? '';
    return { mine: cellId === this.#own?.cellId || this.#ownRuns.has(run?.runId ?? ''), name, color };
  }

  #style(): RunStyle {
    return {
      notebook: this.#state.path,
      paint: this.options.paint,
      openAt: notebookUrl({ url: this.options.client.address.url }, this.#state.path),
    };
  }

  #heard = (event: HubEvent): void => {
    if (event.event === 'notice') this.#say(lines.noticeLine(event, this.options.paint));
    if (event.event === 'runFinished' && event.run.runId === this.#own?.runId) this.#ownFinished(event.run);
  };

  #ownFinished(run: RunView): void {
    this.#watch?.flush();
    const end = lines.endText(run, this.options.paint);
    if (end !== '') this.#say(end);
    if (run.state !== 'succeeded') this.#failed = true;
    if (run.executionCount !== null) this.#lastCount = run.executionCount;
    this.#own = null;
    this.#showMode();
  }

  /** The end of my run may have been told while we were away: then the queue no longer knows it. */
  #lookUpOwn(): void {
    this.#wasAway = false;
    const own = this.#own;
    if (own === null || own.runId === null || own.isKnownToQueue()) return;
    this.#watch?.flush();
    this.#own = null;
    if (this.#lastEnd === 'lost' || this.#lastEnd === 'cancelled') {
      this.#say(this.options.paint.yellow(`your run was ${this.#lastEnd} while you were away`));
    }
  }

  #refused(failure: string): void {
    this.#say(this.options.paint.red(failure));
    this.#finish(exitCodes.hub);
  }

  // The terminal -----------------------------------------------------------------------------------------------

  /** Said only when it is another: a surface begins a new prompt each time. */
  #showMode(): void {
    const mode = this.#mode();
    const shown = JSON.stringify(mode);
    if (shown === this.#shownMode) return;
    this.#shownMode = shown;
    this.options.surface.setMode(mode);
  }

  #mode(): InputMode {
    const answer = this.#answers.mode();
    if (answer !== null) return answer;
    if (this.#own !== null) return { kind: 'busy', note: lines.waitingText(this.#state, this.#own.runId ?? '') };
    if (!this.#greeted || this.#pending > 0 || this.#watched === null) return { kind: 'busy', note: '' };
    return { kind: 'code', number: this.#state.kernel === null ? 1 : this.#lastCount + 1 };
  }

  #say(text: string): void {
    this.options.surface.print(text);
  }

  /** The prompt comes back when it is done. */
  #busyWith(task: Promise<void>): void {
    this.#pending += 1;
    const done = task.finally(() => {
      this.#pending -= 1;
      this.#showMode();
    });
    this.#background(done);
  }

  /** What a person started: a refusal is said, and the prompt comes back. */
  #background(task: Promise<void>): void {
    task.catch((error: unknown) => {
      this.#say(this.options.paint.red(error instanceof Error ? error.message : String(error)));
      this.#failed = true;
      this.#showMode();
    });
  }

  #close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#breaks.close();
    this.#actions.privateRun?.leave();
    this.#watch?.stop();
    this.options.surface.stop();
  }
}
