/** `cokernel run NOTEBOOK`: runs all cells through the room, so that everybody sees them, and says how each ended. */
import { randomUUID } from 'node:crypto';
import type { HubClient, Room } from '@cokernel/core';
import { CallError, wholeEntries } from '@cokernel/core';
import type { CellId, HubEvent, PromptView, RunView } from '@cokernel/proto/hub';
import { RequestId, sourceHash } from '@cokernel/proto/hub';
import type { CodeCell } from '@cokernel/proto/notebook';
import { readDocument } from '@cokernel/proto/notebook';
import type { ExitCode } from '../cli-error.js';
import { CliError, exitCodes } from '../cli-error.js';
import { thisDevice } from '../device.js';
import { joined, when } from '../joined-room.js';
import { write } from '../standard-streams.js';
import { entriesOf } from '../text/output-entries.js';
import { outputText } from '../text/output-text.js';
import type { Paint } from '../text/terminal-text.js';
import { makePaint, safeLine } from '../text/terminal-text.js';
import { colorsWanted } from '../text/colors-wanted.js';

export interface RunOptions {
  readonly notebook: string;
  readonly name: string | undefined;
  readonly kernelName: string | undefined;
  /** One JSON object a cell instead of progress lines. */
  readonly json: boolean;
}

export async function run(client: HubClient, options: RunOptions): Promise<ExitCode> {
  const device = await thisDevice(options.name, process.env);
  const room = client.joinRoom({ path: options.notebook, ...device, client: 'program' });
  try {
    await joined(room);
    if (options.kernelName !== undefined) await room.call('startKernel', { specName: options.kernelName });
    const exitCode = await new NotebookRun(client, room, options.json).run();
    await room.call('save', {});
    return exitCode;
  } finally {
    room.close();
  }
}

class NotebookRun {
  readonly #paint: Paint = makePaint(colorsWanted(process.stdout, process.env));
  #cells: readonly CodeCell[] = [];
  readonly #ended = new Map<string, RunView>();
  #asked = new Set<string>();

  constructor(
    private readonly client: HubClient,
    private readonly room: Room,
    private readonly json: boolean,
  ) {}

  async run(): Promise<ExitCode> {
    const unsubscribe = [this.room.onEvent(this.#heard), this.room.subscribe(this.#changed)];
    const interrupt = () => this.#interrupt();
    process.on('SIGINT', interrupt);
    try {
      const runs = await this.#request();
      for (const [index, started] of runs.entries()) await this.#report(index, await this.#end(started), runs.length);
      const failed = [...this.#ended.values()].some((ended) => ended.state !== 'succeeded');
      return failed ? exitCodes.codeFailed : exitCodes.ok;
    } finally {
      process.off('SIGINT', interrupt);
      for (const end of unsubscribe) end();
    }
  }

  /** Somebody may edit a cell between our look and the hub's: then we look again. */
  async #request(): Promise<readonly RunView[]> {
    const attempts = 5;
    for (let attempt = 1; ; attempt += 1) {
      this.#cells = this.#codeCells();
      if (this.#cells.length === 0) return [];
      const cells = this.#cells.map(({ id, source }) => ({ cellId: id, sourceHash: sourceHash(source) }));
      try {
        const { runs } = await this.room.call('run', { requestId: RequestId.parse(randomUUID()), cells });
        return runs.map(({ run: queued }) => queued);
      } catch (error) {
        const changed = error instanceof CallError && error.code === 'sourceMismatch';
        if (!changed || attempt === attempts) throw error;
      }
    }
  }

  #codeCells(): readonly CodeCell[] {
    const document = this.room.document;
    if (document === null) return [];
    return readDocument(document.doc).cells.filter(
      (cell): cell is CodeCell => cell.cell_type === 'code' && cell.source.trim() !== '',
    );
  }

  async #end(started: RunView): Promise<RunView> {
    const known = () => this.#ended.get(started.runId) ?? this.room.state.runs.get(started.runId);
    await when(this.room, () => known() !== undefined || this.room.state.failure !== null);
    const ended = known();
    if (ended === undefined) throw new CliError(exitCodes.hub, this.room.state.failure ?? 'the room was closed');
    this.#ended.set(ended.runId, ended);
    return ended;
  }

  async #report(index: number, ended: RunView, total: number): Promise<void> {
    const cell = this.#cells[index];
    if (cell === undefined) return;
    const seconds = secondsOf(ended);
    if (this.json) {
      const { state, executionCount, reason } = ended;
      await write(process.stdout, `${JSON.stringify({ cellId: cell.id, state, executionCount, seconds, reason })}\n`);
      return;
    }
    const firstLine = safeLine(cell.source.trim().split('\n')[0] ?? '').slice(0, 60);
    const state = ended.state === 'succeeded' ? this.#paint.green('ok') : this.#paint.red(ended.state);
    const time = seconds === null ? '' : `${seconds.toFixed(1)} s`;
    await write(
      process.stdout,
      `[${String(index + 1)}/${String(total)}] ${state} ${time}  ${this.#paint.dim(firstLine)}\n`,
    );
    if (ended.state === 'failed') await this.#showError(cell.id);
    else if (ended.reason !== null && ended.state !== 'succeeded') process.stderr.write(`${safeLine(ended.reason)}\n`);
  }

  /** All of it, also where the notebook has no room for it. */
  async #showError(cellId: CellId): Promise<void> {
    const { document } = this.room;
    const { fileId } = this.room.state;
    const cell = document === null ? undefined : readDocument(document.doc).cells.find(({ id }) => id === cellId);
    const errors = cell?.cell_type === 'code' ? cell.outputs.filter((output) => output.output_type === 'error') : [];
    const paint = makePaint(colorsWanted(process.stderr, process.env));
    if (fileId === null) return;
    for await (const entry of wholeEntries(entriesOf(errors), { hub: this.client, fileId })) {
      const error = entry.type === 'output' && entry.output.output_type === 'error' ? entry.output : null;
      if (error !== null) await write(process.stderr, `${outputText(error, { paint, openAt: null })}\n`);
    }
  }

  #heard = (event: HubEvent): void => {
    if (event.event === 'runFinished') this.#ended.set(event.run.runId, event.run);
  };

  /** Nobody sits here to answer: the code gets end-of-file, as any program without a terminal would. */
  #changed = (): void => {
    const { prompt, you } = this.room.state;
    if (prompt === null || prompt.asked.participantId !== you?.participantId || this.#asked.has(prompt.promptId))
      return;
    this.#asked.add(prompt.promptId);
    this.#refuse(prompt);
  };

  #refuse({ promptId, text }: PromptView): void {
    process.stderr.write(
      `the notebook asks '${safeLine(text)}'; there is nobody here to answer, so it gets end-of-file\n`,
    );
    this.#background(this.room.call('inputReply', { promptId, value: '', endOfFile: true }));
  }

  #interrupt(): void {
    const mine = this.room.state.queue.running?.author.participantId === this.room.state.you?.participantId;
    this.#background(this.room.call('cancel', { mine: true }));
    if (mine) this.#background(this.room.call('interrupt', {}));
  }

  #background(task: Promise<unknown>): void {
    task.catch((error: unknown) => process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`));
  }
}

function secondsOf({ startedAt, finishedAt }: RunView): number | null {
  if (startedAt === null || finishedAt === null) return null;
  return (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
}
