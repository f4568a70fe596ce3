/**
 * Pure: a stock client's execute_request as a run like any other. Its id is the client's msg_id, so that the kernel's
 * messages answer the client; its batch is the client's session, so that an error ends what that client has waiting and
 * nobody else's.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { BatchId, ParticipantId, RunId, sourceHash } from '@cokernel/proto/hub';
import { newRun } from './new-run.js';
import type { QueuedRun } from './run-queue.js';

/** Ids as Jupyter's clients make them; each is a file's name too. */
const WELL_FORMED = /^(?:[\w-]{1,128}|[\w.:@-]{1,80})$/;
const BATCH_PREFIX = 'channel-';
const MOST_NAME = 64;

/** Who asks by a kernel's channels: the bearer of the token. */
const CLIENT = ParticipantId.parse('client');

/** One for each client of a kernel's channels, whatever its session id looks like. */
export function batchOf(sessionId: string): BatchId {
  return BatchId.parse(`${BATCH_PREFIX}${sourceHash(sessionId).slice(0, 40)}`);
}

export function isClientBatch(batchId: BatchId): boolean {
  return batchId.startsWith(BATCH_PREFIX);
}

/** Null when it has no code or an id that no run can have. */
export function clientRun(
  make: { readonly newId: () => string; readonly clock: () => Date },
  { header, metadata, content }: KernelMessage,
  batchId: BatchId,
): QueuedRun | null {
  const { code, ...others } = content;
  if (typeof code !== 'string' || !WELL_FORMED.test(header.msg_id)) return null;
  const silent = others['silent'] === true;
  return newRun(make, {
    author: { participantId: CLIENT, name: header.username.slice(0, MOST_NAME) || 'a Jupyter client' },
    target: { kind: 'transcript' },
    source: code,
    fileId: null,
    stopOnError: others['stop_on_error'] !== false,
    batchId,
    runId: RunId.parse(header.msg_id),
    silent,
    storeHistory: !silent && others['store_history'] !== false,
    allowStdin: others['allow_stdin'] === true,
    request: { header, metadata, content: others },
  });
}
