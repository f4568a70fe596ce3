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
import type { OutputStyle } from '../text/output-text.js';
import type { Advance, CellSnapshot } from '../text/run-progress.js';
import type { Paint } from '../text/terminal-text.js';
import { safeText } from '../text/terminal-text.js';
import { endsWithBlankLine, looksIncomplete, nextIndent } from './completeness.js';
import { codePoints, matchColumns, readCompletion } from './completion.js';
import { NotebookWatch } from './notebook-watch.js';
import { OwnRun } from './own-run.js';
import { PrivateRun } from './private-run.js';
import * as lines from './room-lines.js';
import type { RunOwner } from './run-lines.js';
import { liveText, newsText } from './run-lines.js';
import type { SlashCommand } from './slash-command.js';
import { helpText, readSlashCommand } from './slash-command.js';
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
}

/** A question that I am answering. */
type Answering =
  | { readonly by: 'room'; readonly prompt: PromptView }
  | { readonly by: 'transcript'; readonly run: PrivateRun; readonly question: string; readonly password: boolean };

export class Repl implements SurfaceListener {
  #state: RoomState;
  #watched: RoomDocument | null = null;
  #watch: NotebookWatch | null = null;
  #own: OwnRun | null = null;
  #private: PrivateRun | null = null;
  #answering: Answering | null = null;
  #greeted = false;
  /** We were away: what became of my run is to be looked up. */
  #wasAway = false;
  #lastCount = 0;
  #failed = false;
  /** Commands under way. */
  #pending = 0;
  #shownMode = '';
  readonly #ownRuns = new Set<string>();
  readonly #questions: KernelQuestions;
  #finish: (exitCode: ExitCode) => void = () => undefined;
  readonly #unsubscribe: (() => void)[] = [];

  constructor(private readonly options: ReplOptions) {
    this.#state = options.room.state;
    this.#questions = new KernelQuestions(options.room);
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
    this.#finish(this.#failed ? exitCodes.codeFailed : exitCodes.ok);
  }

  // What the person does ---------------------------------------------------------------------------------------

  submitted(text: string, forced: boolean): void {
    if (this.#answering !== null) return this.#answer(this.#answering, text);
    const command = readSlashCommand(text);
    if (command === null && text.trim() !== '') return this.#background(this.#submitCode(text, forced));
    this.#take(text);
    if (command !== null) this.#command(command);
    this.#showMode();
  }

  interrupted(hadText: boolean): void {
    const busy = this.#own ?? this.#private;
    if (busy !== null) this.#background(busy instanceof OwnRun ? busy.stop() : busy.interrupt());
    else if (this.#answering !== null) this.#setAnswering(null);
    else if (!hadText)
      this.options.surface.print(this.options.paint.dim('Ctrl-D or /leave leaves; the kernel goes on.'));
  }

  ended(): void {
    if (this.#answering?.by !== 'room') return this.leave();
    const { promptId } = this.#answering.prompt;
    this.options.surface.takeInput();
    this.#setAnswering(null);
    this.#background(this.#reply({ promptId, value: '', endOfFile: true }));
  }

  completionAsked(text: string, cursor: number): void {
    this.#background(this.#complete(text, cursor));
  }

  // Code -------------------------------------------------------------------------------------------------------

  async #submitCode(text: string, forced: boolean): Promise<void> {
    const indent = forced ? null : await this.#indentIfIncomplete(text);
    if (indent !== null) return this.options.surface.continueInput(indent);
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
    try {
      const run = await own.request();
      this.#ownRuns.add(run.runId);
    } catch (error) {
      this.#own = null;
      throw error;
    }
    const finished = own.runId === null ? undefined : this.#state.runs.get(own.runId);
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
    const reply = await this.#questions.complete(text, codePoints(text, cursor));
    if (reply === null) return surface.print(paint.dim('no completions while the kernel is busy or not running'));
    const completion = readCompletion(reply, text);
    if (completion === null) return;
    const { from, to, common, matches } = completion;
    if (common !== text.slice(from, to) && common !== '') surface.complete(text, from, to, common);
    else if (matches.length > 1) surface.print(matchColumns(matches.map(safeText), columns()));
  }

  #take(text: string): void {
    this.options.surface.takeInput();
    this.#shownMode = '';
    if (text.trim() !== '') this.options.remember(text.trimEnd());
  }

  // Commands ---------------------------------------------------------------------------------------------------

  #command(command: SlashCommand): void {
    const { paint, room } = this.options;
    switch (command.name) {
      case 'help':
        return this.#say(helpText);
      case 'people':
        return this.#say(lines.peopleLines(this.#state, paint));
      case 'queue':
        return this.#say(lines.queueLines(this.#state.queue));
      case 'leave':
        return this.leave();
      case 'cancel':
        return this.#busyWith(this.#cancelMine());
      case 'save':
        return this.#busyWith(room.call('save', {}).then(({ at }) => this.#say(paint.dim(`saved at ${at}`))));
      case 'private':
        return this.#busyWith(this.#runPrivately(command.code));
      case 'answer':
        return this.#takeOver(command.text);
      case 'unknown':
        return this.#say(`there is no command /${command.word}; /help lists them`);
    }
  }

  async #cancelMine(): Promise<void> {
    const { cancelled } = await this.options.room.call('cancel', { mine: true });
    this.#say(`${String(cancelled.length)} of your queued runs withdrawn`);
  }

  async #runPrivately(code: string): Promise<void> {
    const { client, paint } = this.options;
    const { kernel } = this.#state;
    if (code.trim() === '') return this.#say('/private CODE: the code is missing');
    if (kernel === null) return this.#say('there is no kernel yet: run something first, that starts one');
    const run: PrivateRun = new PrivateRun(
      client,
      kernel.kernelId,
      { paint, openAt: null },
      {
        print: (text) => this.#say(text),
        showLive: (text) => this.options.surface.showLive(safeText(text)),
        asked: (question, password) => this.#askedPrivately({ by: 'transcript', run, question, password }),
      },
    );
    this.#private = run;
    try {
      await run.run(code);
    } finally {
      this.#private = null;
      if (this.#answering?.by === 'transcript') this.#setAnswering(null);
    }
  }

  // Questions of the kernel ------------------------------------------------------------------------------------

  #takeOver(text: string | null): void {
    const { prompt } = this.#state;
    if (prompt === null) return this.#say('nobody is asked anything just now');
    if (text === null) this.#setAnswering({ by: 'room', prompt });
    else this.#background(this.#reply({ promptId: prompt.promptId, value: text }));
  }

  #answer(answering: Answering, text: string): void {
    this.options.surface.takeInput();
    this.#shownMode = '';
    this.#setAnswering(null);
    if (answering.by === 'transcript') this.#background(answering.run.answer(text));
    else this.#background(this.#reply({ promptId: answering.prompt.promptId, value: text }));
  }

  async #reply(params: Parameters<typeof this.options.room.call<'inputReply'>>[1]): Promise<void> {
    const { accepted } = await this.options.room.call('inputReply', params);
    if (!accepted) this.#say(this.options.paint.yellow('somebody else has answered already'));
  }

  /** The room may ask the same; one question is enough. */
  #askedPrivately(answering: Answering): void {
    if (this.#answering === null) this.#setAnswering(answering);
  }

  #promptChanged(prompt: PromptView | null): void {
    this.#watch?.flush();
    if (this.#answering?.by === 'room' && this.#answering.prompt.promptId !== prompt?.promptId)
      this.#setAnswering(null);
    if (prompt === null || this.#answering !== null) return;
    const forMe = prompt.asked.participantId === this.#state.you?.participantId;
    if (forMe || prompt.runId === this.#private?.runId) this.#setAnswering({ by: 'room', prompt });
    else this.#say(lines.promptLine(prompt, this.options.paint));
  }

  #setAnswering(answering: Answering | null): void {
    this.#answering = answering;
    const question = answering === null ? '' : safeText(questionOf(answering));
    const above = question.slice(0, question.lastIndexOf('\n') + 1).trimEnd();
    if (above !== '') this.#say(above);
    this.#showMode();
  }

  // What the room tells ----------------------------------------------------------------------------------------

  #roomChanged = (): void => {
    const before = this.#state;
    const after = this.options.room.state;
    this.#state = after;
    if (after.connection === 'failed') return this.#refused(after.failure ?? 'the room was closed');
    this.#greet();
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
    if (this.#state.kernel !== null) this.#lastCount = Math.max(this.#lastCount, this.#watch.highestCount());
  }

  #produced = (snapshot: CellSnapshot, { news, live }: Advance): void => {
    const owner = this.#ownerOf(snapshot);
    for (const one of news) {
      const text = newsText(one, owner, this.#style());
      if (text !== '') this.#say(text);
      if (one.type === 'ended' && snapshot.count !== null) this.#lastCount = Math.max(this.#lastCount, snapshot.count);
    }
    this.options.surface.showLive(liveText(live, owner, this.#style()));
  };

  #ownerOf({ cellId, run }: CellSnapshot): RunOwner {
    const name = run?.author ?? '';
    const color = this.#state.participants.find((person) => person.name === name)?.color ?? '';
    return { mine: cellId === this.#own?.cellId || this.#ownRuns.has(run?.runId ?? ''), name, color };
  }

  #style(): OutputStyle {
    return {
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
    if (this.#answering !== null) {
      const question = safeText(questionOf(this.#answering));
      const password = this.#answering.by === 'room' ? this.#answering.prompt.password : this.#answering.password;
      return { kind: 'answer', question: question.slice(question.lastIndexOf('\n') + 1), password };
    }
    if (this.#own !== null) return { kind: 'busy', note: lines.waitingText(this.#state, this.#own.runId ?? '') };
    if (this.#pending > 0 || this.#watched === null) return { kind: 'busy', note: '' };
    return { kind: 'code', number: this.#lastCount + 1 };
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
    this.#private?.leave();
    this.#watch?.stop();
    this.options.surface.stop();
  }
}

function questionOf(answering: Answering): string {
  return answering.by === 'room' ? answering.prompt.text : answering.question;
}
