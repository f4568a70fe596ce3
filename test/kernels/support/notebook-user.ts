/** A person in a notebook, by the client library alone: writes cells, runs them and reads what they show. */
import { randomUUID } from 'node:crypto';
import { HubClient, type HubAddress, type Room, type RoomState } from '@cokernel/core';
import { DeviceId, RequestId, sourceHash, type CellId, type RunId, type RunView } from '@cokernel/proto/hub';
import { appendCell, findCell, makeCodeCell, outputsOf, readOutput, type Output } from '@cokernel/proto/notebook';
import type { Scratch } from '../../end-to-end/support/scratch.js';
import { until } from '../../end-to-end/support/until.js';

export interface NotebookUser {
  readonly room: Room;
  /** The kernel's statuses since joining, each change once. */
  readonly statuses: readonly string[];
  /** Appends a cell with this code and runs it; resolves when it waits or runs. */
  start(code: string): Promise<{ readonly cellId: CellId; readonly runId: RunId }>;
  /** As `start`, and resolves when the run is over. */
  run(code: string): Promise<{ readonly cellId: CellId; readonly run: RunView }>;
  finished(runId: RunId): Promise<RunView>;
  outputs(cellId: CellId): readonly Output[];
  /** The text of all outputs, joined. */
  text(cellId: CellId): string;
  /** Resolves with the state when the condition holds. */
  sees(what: string, condition: (state: RoomState) => boolean): Promise<RoomState>;
}

export async function joinNotebook(scratch: Scratch, hub: HubAddress, path: string): Promise<NotebookUser> {
  const client = new HubClient(hub);
  const deviceId = DeviceId.parse(randomUUID());
  const room = client.joinRoom({ path, name: 'Ann', deviceId, client: 'program' });
  const statuses: string[] = [];
  room.subscribe(() => {
    const status = room.state.kernel?.status;
    if (status !== undefined && status !== statuses.at(-1)) statuses.push(status);
  });
  scratch.atEnd(() => room.close());
  const sees = async (what: string, condition: (state: RoomState) => boolean): Promise<RoomState> => {
    await until(what, () => condition(room.state), { withinMs: 60_000, state: () => describe(room) });
    return room.state;
  };
  await sees(`${path} to be joined`, (state) => state.synced);
  return userOf(room, statuses, sees);
}

function userOf(room: Room, statuses: readonly string[], sees: NotebookUser['sees']): NotebookUser {
  const start: NotebookUser['start'] = async (code) => {
    const cell = makeCodeCell(code);
    appendCell(documentOf(room), cell);
    const cells = [{ cellId: cell.id, sourceHash: sourceHash(code) }];
    const { runs } = await room.call('run', { requestId: RequestId.parse(randomUUID()), cells });
    const [first] = runs;
    if (first === undefined) throw new Error('a run was asked for and none was made');
    return { cellId: cell.id, runId: first.run.runId };
  };
  const finished: NotebookUser['finished'] = async (runId) => {
    await sees('the run to end', ({ runs }) => runs.has(runId));
    const run = room.state.runs.get(runId);
    if (run === undefined) throw new Error('the run that ended is not told any more');
    return run;
  };
  const outputs: NotebookUser['outputs'] = (cellId) => {
    const cell = findCell(documentOf(room), cellId);
    return (cell === null ? [] : (outputsOf(cell)?.toArray() ?? [])).map(readOutput);
  };
  return {
    ...{ room, statuses, start, finished, outputs, sees },
    run: async (code) => {
      const { cellId, runId } = await start(code);
      return { cellId, run: await finished(runId) };
    },
    text: (cellId) => outputs(cellId).map(textOf).join(''),
  };
}

function documentOf({ document }: Room): NonNullable<Room['document']>['doc'] {
  if (document === null) throw new Error('the notebook has no document yet');
  return document.doc;
}

function textOf(output: Output): string {
  if (output.output_type === 'stream') return output.text;
  if (output.output_type === 'error') return `${output.ename}: ${output.evalue}`;
  const text = output.data['text/plain'];
  return typeof text === 'string' ? text : '';
}

function describe({ state: { kernel, queue, prompt, connection, failure } }: Room): string {
  return JSON.stringify({ kernel, queue, prompt, connection, failure });
}
