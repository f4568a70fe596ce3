/**
 * The Lua steps: one file each under scripts/, which lies beside this module here and beside the hub's bundle when it
 * is built. Steps on queues, leases, documents and folders have a common part, which is put in front of each.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

const queueSteps = [
  'enqueue',
  'take-next',
  'settle',
  'settle-and-take-next',
  'cancel',
  'move',
  'set-rules',
  'set-held',
  'snapshot',
  'changes',
  'running',
  'find',
  'answered',
  'drop',
] as const;
const leaseSteps = ['claim-lease', 'renew-lease', 'release-lease', 'forget-lease'] as const;
const documentSteps = ['open-document', 'create-document', 'append-frames', 'compact-document', 'keep-copy'] as const;
const folderSteps = ['write-text', 'put-text-aside', 'register-hub', 'forget-hub', 'agree'] as const;

export type QueueStepName = (typeof queueSteps)[number];
type LeaseStepName = (typeof leaseSteps)[number];
export type DocumentStepName = (typeof documentSteps)[number];
export type FolderStepName = (typeof folderSteps)[number];
export type StepName = QueueStepName | LeaseStepName | DocumentStepName | FolderStepName;

interface Script {
  readonly text: string;
  readonly sha1: string;
}

export type Scripts = ReadonlyMap<StepName, Script>;

/** What is put in front of steps on a queue, in this order, behind `queue-state`. */
const settling = ['queue-running', 'queue-owner', 'queue-places', 'queue-ends', 'queue-withdrawing'];
const taking = ['queue-pinned', 'queue-taking'];
const queueParts: Partial<Record<QueueStepName, readonly string[]>> = {
  enqueue: ['queue-places', 'queue-packing', 'queue-order', 'queue-answers'],
  'take-next': ['queue-running', 'queue-owner', ...taking],
  settle: settling,
  'settle-and-take-next': [...settling, ...taking],
  cancel: ['queue-places', 'queue-ends', 'queue-withdrawing'],
  move: ['queue-places', 'queue-packing', 'queue-reordering'],
  'set-rules': ['queue-places', 'queue-packing', 'queue-order', 'queue-reordering'],
  snapshot: ['queue-running', 'queue-places'],
  running: ['queue-running', 'queue-pinned'],
  find: ['queue-running'],
  answered: ['queue-answers'],
};

export async function loadScripts(): Promise<Scripts> {
  const loaded = await Promise.all([
    ...queueSteps.map(
      async (name) => [name, await loadScript(['queue-state', ...(queueParts[name] ?? [])], name)] as const,
    ),
    ...leaseSteps.map(async (name) => [name, await loadScript(['lease-state'], name)] as const),
    ...documentSteps.map(async (name) => [name, await loadScript(['document-state'], name)] as const),
    ...folderSteps.map(async (name) => [name, await loadScript(['folder-state'], name)] as const),
  ]);
  return new Map<StepName, Script>(loaded);
}

async function loadScript(parts: readonly string[], step: string): Promise<Script> {
  const text = (await Promise.all([...parts, step].map(readScript))).join('\n');
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}

function readScript(name: string): Promise<string> {
  return readFile(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
}
