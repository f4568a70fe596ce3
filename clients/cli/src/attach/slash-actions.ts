/** What the commands that begin with `/` do. */
import type { HubClient, Room } from '@cokernel/core';
import type { Paint } from '../text/terminal-text.js';
import { safeText } from '../text/terminal-text.js';
import type { Answers } from './answers.js';
import { PrivateRun } from './private-run.js';
import { kernelText } from './kernel-lines.js';
import { peopleLines, queueLines } from './room-lines.js';
import type { SlashCommand } from './slash-command.js';
import { helpText } from './slash-command.js';
import type { Surface } from './surface.js';

export interface SlashActionsOptions {
  readonly client: HubClient;
  readonly room: Room;
  readonly surface: Surface;
  readonly paint: Paint;
  readonly answers: Answers;
  readonly leave: () => void;
}

export class SlashActions {
  #private: PrivateRun | null = null;

  constructor(private readonly options: SlashActionsOptions) {}

  /** The private run that is under way. */
  get privateRun(): PrivateRun | null {
    return this.#private;
  }

  /** Resolves when it is done. */
  async perform(command: SlashCommand): Promise<void> {
    const { surface, room, paint, leave } = this.options;
    switch (command.name) {
      case 'help':
        surface.print(helpText);
        break;
      case 'people':
        surface.print(peopleLines(room.state, paint));
        break;
      case 'queue':
        surface.print(queueLines(room.state));
        break;
      case 'leave':
        leave();
        break;
      case 'move':
        await this.#move(command.places);
        break;
      case 'cancel':
        await this.#cancel();
        break;
      case 'kernel':
        await this.#startKernel();
        break;
      case 'save':
        await this.#save();
        break;
      case 'private':
        await this.#runPrivately(command.code);
        break;
      case 'answer':
        await this.#takeOver(command.text);
        break;
      case 'unknown':
        surface.print(`there is no command /${command.word}; /help lists them`);
        break;
    }
  }

  async #cancel(): Promise<void> {
    const { cancelled } = await this.options.room.call('cancel', { mine: true });
    this.options.surface.print(`${String(cancelled.length)} of your queued runs withdrawn`);
  }

  async #move(places: { readonly from: number; readonly to: number } | null): Promise<void> {
    const { room, surface } = this.options;
    const { queued } = room.state.queue;
    const run = places === null ? undefined : queued[places.from - 1];
    if (places === null) surface.print('/move FROM TO: two places of the queue, as /queue shows them');
    else if (run === undefined) surface.print(`nothing waits at place ${String(places.from)}`);
    else {
      const isLater = places.to > places.from;
      const before = queued[isLater ? places.to : places.to - 1]?.runId ?? null;
      await room.call('moveRun', { runId: run.runId, before });
      // The event of the move may come behind the answer to it.
      surface.print(queueLines({ ...room.state, queue: await room.call('queue', {}) }));
    }
  }

  async #startKernel(): Promise<void> {
    const { room, surface } = this.options;
    if (room.state.kernel === null) await room.call('startKernel', {});
    else surface.print(`there is one: ${kernelText(room.state)}`);
  }

  async #save(): Promise<void> {
    const { at } = await this.options.room.call('save', {});
    this.options.surface.print(this.options.paint.dim(`saved at ${at}`));
  }

  async #takeOver(text: string | null): Promise<void> {
    const { prompt } = this.options.room.state;
    if (prompt === null) this.options.surface.print('nobody is asked anything just now');
    else if (text === null) this.options.answers.ask(prompt);
    else await this.options.answers.reply({ promptId: prompt.promptId, value: text });
  }

  async #runPrivately(code: string): Promise<void> {
    const { room, surface, answers } = this.options;
    const { kernel } = room.state;
    if (code.trim() === '') surface.print('/private CODE: the code is missing');
    else if (kernel === null) surface.print('there is no kernel yet: run something first, that starts one');
    else {
      const run = this.#newPrivateRun(kernel.kernelId);
      this.#private = run;
      try {
        await run.run(code);
      } finally {
        this.#private = null;
        answers.dropPrivate();
      }
    }
  }

  #newPrivateRun(kernelId: PrivateRun['kernelId']): PrivateRun {
    const { client, surface, paint, answers } = this.options;
    const run: PrivateRun = new PrivateRun(
      client,
      kernelId,
      { paint, openAt: null },
      {
        print: (text) => surface.print(text),
        showLive: (text) => surface.showLive(safeText(text)),
        asked: (question, password) => answers.askPrivately(run, question, password),
      },
    );
    return run;
  }
}
