/** A person's program in a room, by the client library: it comes back by itself whatever happens to the hub. */
import { randomUUID } from 'node:crypto';
import { CallError, HubClient, type HubAddress, type Room } from '@cokernel/core';
import {
  CellId,
  type ClientKind,
  DeviceId,
  RequestId,
  RunId,
  RunState,
  sourceHash,
  type RunView,
} from '@cokernel/proto/hub';
import {
  cellMetadata,
  findCell,
  outputsOf,
  readCell,
  sourceText,
  streamText,
  type Output,
  type YCell,
} from '@cokernel/proto/notebook';
import { z } from 'zod';
import { until } from '../../end-to-end/support/until.js';
import { shownOutput, type ShownOutput } from './shown-output.js';

const RunOfCell = z.object({ cokernel: z.object({ run: z.object({ runId: RunId, state: RunState }) }) });
export type RunOfCell = z.infer<typeof RunOfCell>['cokernel']['run'];

const endings: readonly RunState[] = ['succeeded', 'failed', 'cancelled', 'lost'];

/** A hub that was killed is back in a second or two; a client that waits longer has been forgotten. */
const BACK_WITHIN_MS = 45_000;

export class Visitor {
  private constructor(
    readonly name: string,
    readonly room: Room,
  ) {}

  /** Resolves when the notebook is there. As a `page` where the hub is to do for it what it does for people. */
  static async join(address: HubAddress, path: string, name: string, client: ClientKind = 'program'): Promise<Visitor> {
    const deviceId = DeviceId.parse(`torture-${name.padEnd(16, '-')}`);
    const room = new HubClient(address).joinRoom({ path, name, deviceId, client });
    const visitor = new Visitor(name, room);
    await visitor.waits('to be in step', () => visitor.inStep);
    return visitor;
  }

  get inStep(): boolean {
    return this.room.state.connection === 'connected' && this.room.state.synced;
  }

  leave(): void {
    this.room.close();
  }

  source(cellId: string): string {
    return this.text(cellId).toString();
  }

  /** Replaces the whole text. */
  write(cellId: string, source: string): void {
    const text = this.text(cellId);
    text.doc?.transact(() => {
      text.delete(0, text.length);
      text.insert(0, source);
    });
  }

  append(cellId: string, more: string): void {
    const text = this.text(cellId);
    text.insert(text.length, more);
  }

  /** Asks until there is an answer, with one request id: it is queued once, however often the hub was killed. */
  async run(cellId: string, source: string): Promise<RunId> {
    const requestId = RequestId.parse(randomUUID());
    const cells = [{ cellId: CellId.parse(cellId), sourceHash: sourceHash(source) }];
    for (;;) {
      try {
        const { runs } = await this.room.call('run', { requestId, cells });
        const [first] = runs;
        if (first === undefined) throw new Error('the hub answered a request to run without a run');
        return first.run.runId;
      } catch (error) {
        if (!(error instanceof CallError) || error.code !== 'disconnected') throw error;
      }
    }
  }

  /** What the document says of the cell's newest run. */
  runOf(cellId: string): RunOfCell | null {
    return RunOfCell.safeParse(cellMetadata(this.cell(cellId))).data?.cokernel.run ?? null;
  }

  /** Resolves with the run's end as the document and the queue show it; rejects when there is none in time. */
  async sawEnd(cellId: string, runId: RunId, withinMs = BACK_WITHIN_MS): Promise<RunState> {
    const isOver = (): boolean => this.endOf(cellId, runId) !== null && this.inStep && this.idle;
    await this.waits(`to see the end of the run of '${cellId}'`, isOver, withinMs);
    return this.endOf(cellId, runId) ?? 'lost';
  }

  get held(): string | null {
    return this.room.state.queue.held;
  }

  shown(cellId: string): readonly ShownOutput[] {
    return this.outputs(cellId).map(shownOutput);
  }

  /** As the document has them, with what they name that is stored outside. */
  outputs(cellId: string): readonly Output[] {
    const cell = readCell(this.cell(cellId), CellId.parse('unnamed'));
    return cell.cell_type === 'code' ? cell.outputs : [];
  }

  /** The length of all the text below the cell; cheap enough to look at each millisecond. */
  shownLength(cellId: string): number {
    const outputs = outputsOf(this.cell(cellId))?.toArray() ?? [];
    return outputs.reduce((sum, output) => sum + (streamText(output)?.length ?? 0), 0);
  }

  /** What to tell when something was waited for in vain. */
  describe(): string {
    const { connection, synced, trouble, failure, queue, kernel } = this.room.state;
    const waiting = queue.queued.map(describeRun).join(', ') || 'nothing';
    const running = queue.running === null ? 'nothing' : describeRun(queue.running);
    return [
      `${this.name} is ${connection}, ${synced ? 'synced' : 'not synced'} (${failure ?? trouble ?? 'no trouble'});`,
      `the kernel is ${kernel?.status ?? 'absent'}${kernel?.reason ? ` (${kernel.reason})` : ''};`,
      `running: ${running}; waiting: ${waiting}; held: ${queue.held ?? 'no'}`,
    ].join(' ');
  }

  async waits(what: string, look: () => boolean, withinMs = BACK_WITHIN_MS): Promise<void> {
    const lookWhileIn = (): boolean => {
      // A room that has given up does not come back: to wait on tells nothing more.
      if (this.room.state.connection === 'failed') throw new Error(this.describe());
      return look();
    };
    await until(`${this.name} ${what}`, lookWhileIn, { withinMs, state: () => this.describe() });
  }

  private get idle(): boolean {
    return this.room.state.queue.running === null;
  }

  private endOf(cellId: string, runId: RunId): RunState | null {
    const run = this.runOf(cellId);
    return run?.runId === runId && endings.includes(run.state) ? run.state : null;
  }

  private text(cellId: string) {
    const text = sourceText(this.cell(cellId));
    if (text === null) throw new Error(`${this.name}: cell '${cellId}' has no text`);
    return text;
  }

  private cell(cellId: string): YCell {
    const { document } = this.room;
    const cell = document === null ? null : findCell(document.doc, CellId.parse(cellId));
    if (cell === null) throw new Error(`${this.name}: cell '${cellId}' is not in the document`);
    return cell;
  }
}

function describeRun({ runId, state, target }: RunView): string {
  return `${runId.slice(0, 8)} ${state} ${target.kind === 'cell' ? `in '${target.cellId}'` : ''}`;
}
