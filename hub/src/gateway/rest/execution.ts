/**
 * Execution by REST: code into a transcript, or a cell of a notebook, through the same queue as everything else
 * (wire.md §3); and the transcripts, read once or followed while they grow.
 */
import type { Request, Response } from 'express';
import { Router } from 'express';
import { z } from 'zod';
import type { RunView, TranscriptEntry } from '@cokernel/proto/hub';
import { CellId, FileId, RequestId, RunId } from '@cokernel/proto/hub';
import { findCell, sourceText } from '@cokernel/proto/notebook';
import type { OpenRoom } from '../../room/room-registry.js';
import { newRun } from '../../run/new-run.js';
import type { KernelSession } from '../../run/kernel-session.js';
import type { KernelSessions } from '../../run/kernel-sessions.js';
import { acceptedRuns } from '../../run/accepted-runs.js';
import type { QueuedRun, RunQueue } from '../../run/run-queue.js';
import type { Transcripts } from '../../run/transcripts.js';
import { HttpError } from '../http-error.js';
import { sessionOf } from './kernels.js';
import { REST_AUTHOR } from './rest-author.js';

export interface ExecutionRoutes {
  readonly sessions: KernelSessions;
  readonly queue: RunQueue;
  readonly transcripts: Transcripts;
  readonly openRoom: (fileId: FileId) => Promise<OpenRoom>;
  readonly newId: () => string;
  readonly clock: () => Date;
}

const ExecuteBody = z.union([
  z.object({ code: z.string(), request_id: RequestId.optional() }),
  z.object({ cell_id: CellId, document_id: z.string() }),
]);
const InputBody = z.object({ input: z.string() });

export function executionRouter(routes: ExecutionRoutes): Router {
  const router = Router();
  router.post('/kernels/:id/execute', async (request, response) => {
    const session = sessionOf(routes.sessions, request.params.id);
    const runId = await enqueue(routes, session, ExecuteBody.parse(request.body));
    response.status(202).location(`/api/kernels/${session.kernelId}/requests/${runId}`).json({ request_id: runId });
  });
  router.get('/kernels/:id/requests/:run', async (request, response) => {
    const session = sessionOf(routes.sessions, request.params.id);
    const run = await routes.queue.find(session.kernelId, RunId.parse(request.params.run));
    if (run === null) throw new HttpError(404, `there is no run '${request.params.run}'`);
    answerRun(response, session, run);
  });
  router.post('/kernels/:id/requests/:run/input', async (request, response) => {
    const { prompt } = sessionOf(routes.sessions, request.params.id);
    if (prompt?.runId !== request.params.run) throw new HttpError(409, 'this run waits for no input');
    const { input } = InputBody.parse(request.body);
    const accepted = await sessionOf(routes.sessions, request.params.id).answerPrompt(prompt.promptId, input);
    if (!accepted) throw new HttpError(409, 'somebody else has answered already');
    response.status(201).json({});
  });
  router.get('/hub/runs/:run/transcript', (request, response) => sendTranscript(routes, request, response));
  return router;
}

async function enqueue(
  routes: ExecutionRoutes,
  session: KernelSession,
  body: z.output<typeof ExecuteBody>,
): Promise<RunId> {
  const run = 'code' in body ? transcriptRun(routes, body.code) : await cellRun(routes, body);
  const requestId = 'code' in body && body.request_id !== undefined ? body.request_id : RequestId.parse(routes.newId());
  const { runs } = acceptedRuns(await routes.queue.enqueue(session.kernelId, requestId, [run]));
  const [enqueued] = runs;
  return enqueued?.run.runId ?? run.view.runId;
}

function transcriptRun(routes: ExecutionRoutes, source: string): QueuedRun {
  return newRun(routes, {
    author: REST_AUTHOR,
    target: { kind: 'transcript' },
    source,
    fileId: null,
    stopOnError: true,
  });
}

async function cellRun(
  routes: ExecutionRoutes,
  { cell_id, document_id }: { cell_id: CellId; document_id: string },
): Promise<QueuedRun> {
  const fileId = FileId.parse(document_id.replace(/^json:notebook:/, ''));
  const { room } = await routes.openRoom(fileId);
  const cell = findCell(room.document.doc, cell_id);
  const source = cell === null ? null : (sourceText(cell)?.toString() ?? '');
  if (source === null) throw new HttpError(404, `there is no cell '${cell_id}' in this notebook`);
  return newRun(routes, {
    author: REST_AUTHOR,
    target: { kind: 'cell', cellId: cell_id, fileId },
    source,
    fileId,
    stopOnError: true,
  });
}

/** 202 while it waits or runs, 300 while it asks, 200 when it is over (wire.md §3). */
function answerRun(response: Response, session: KernelSession, run: RunView): void {
  if (session.prompt?.runId === run.runId) {
    response.status(300).json({
      parent_header: { msg_id: run.runId },
      input_request: { prompt: session.prompt.text, password: session.prompt.password },
    });
    return;
  }
  const over = run.finishedAt !== null;
  response
    .status(over ? 200 : 202)
    .json({ status: run.state, execution_count: run.executionCount, reason: run.reason });
}

/** NDJSON: what is stored; with `?follow=1` also what comes, until the run is over or the reader leaves. */
async function sendTranscript(
  { transcripts, sessions }: ExecutionRoutes,
  request: Request<{ run: string }>,
  response: Response,
): Promise<void> {
  const runId = RunId.parse(request.params.run);
  const send = (entry: TranscriptEntry): void => {
    response.write(`${JSON.stringify(entry)}\n`);
    if (entry.type === 'finished') response.end();
  };
  const entries = await transcripts.read(runId);
  const isFollowed = request.query['follow'] !== undefined;
  // A run that waits has no transcript yet; one that nobody knows would be followed for ever.
  const isKnown = !isFollowed || (await sessions.knowsRun(runId));
  if (entries === null && !(isFollowed && isKnown)) {
    throw new HttpError(404, `there is no transcript of a run '${runId}'`);
  }
  response.type('application/x-ndjson');
  if (entries !== null && !isFollowed) {
    response.end(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    return;
  }
  // Of a kernel that no notebook used and that is gone: nobody else would end it.
  if (!isKnown && sessions.adoption.isComplete) await transcripts.lost(runId, 'its kernel is gone');
  response.flushHeaders();
  const stop = await transcripts.readAndFollow(runId, send);
  response.on('close', stop);
  // It may have left before.
  if (response.closed) stop();
}
