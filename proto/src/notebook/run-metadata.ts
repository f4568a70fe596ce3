/**
 * Pure: what a cell's metadata tells of its newest run: JupyterLab's timings (`execution`) and whose run it was
 * (`cokernel.run`). Other keys stay as they are.
 */
import { z } from 'zod';
import { RunId } from '../hub/ids.js';
import { Author, RunState } from '../hub/views.js';
import { isJsonObject, type JsonObject } from './json.js';
import { cellMetadata, inTransaction, setCellMetadata, type YCell } from './y-notebook.js';

/** Times of the kernel's messages by its clock, ISO 8601, as JupyterLab takes them; only those that have come. */
export interface RunTimes {
  readonly busy?: string;
  readonly executeInput?: string;
  /** When the kernel began to work on the request, by its reply's metadata. */
  readonly replyStarted?: string;
  readonly executeReply?: string;
  readonly idle?: string;
}

export interface RunMetadata {
  readonly author: Author;
  readonly runId: RunId;
  readonly state: RunState;
  readonly times?: RunTimes;
}

const Run = z.object({ author: Author, runId: RunId, state: RunState });

/** Times of the same run are added to; those of an earlier run go. */
export function setRunMetadata(cell: YCell, run: RunMetadata): void {
  const metadata = cellMetadata(cell);
  const cokernel = objectIn(metadata, 'cokernel');
  const isSameRun = objectIn(cokernel, 'run')['runId'] === run.runId;
  const times = { ...(isSameRun ? objectIn(metadata, 'execution') : {}), ...jupyterTimes(run.times ?? {}) };
  inTransaction(cell, () => {
    setCellMetadata(cell, 'execution', Object.keys(times).length === 0 ? undefined : times);
    setCellMetadata(cell, 'cokernel', {
      ...cokernel,
      run: { author: run.author, runId: run.runId, state: run.state },
    });
  });
}

/** The newest run of a cell, as its metadata tells it; null when it tells none. Any client may have written it. */
export function runMetadata(cell: YCell): RunMetadata | null {
  return Run.safeParse(objectIn(objectIn(cellMetadata(cell), 'cokernel'), 'run')).data ?? null;
}

function jupyterTimes(times: RunTimes): JsonObject {
  return {
    ...(times.busy === undefined ? {} : { 'iopub.status.busy': times.busy }),
    ...(times.executeInput === undefined ? {} : { 'iopub.execute_input': times.executeInput }),
    ...(times.replyStarted === undefined ? {} : { 'shell.execute_reply.started': times.replyStarted }),
    ...(times.executeReply === undefined ? {} : { 'shell.execute_reply': times.executeReply }),
    ...(times.idle === undefined ? {} : { 'iopub.status.idle': times.idle }),
  };
}

function objectIn(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}
