/**
 * Pure: the names of our keys. Those of one kernel, of one notebook, and of one folder share a tag in braces, so that a
 * Redis Cluster keeps them together. `KEYS` in scripts/*.lua has this order.
 */
import type { FileId, FolderId, KernelId } from '@cokernel/proto/hub';
import type { LeaseSubject } from '../../run/lease.js';

export interface QueueKeys {
  readonly all: readonly string[];
  /** All but the order of requests, which most steps don't need: each key takes time. */
  readonly most: readonly string[];
  /** The hash of what has a name. */
  readonly queue: string;
  /** The stream of changes. */
  readonly changes: string;
  /** The pub/sub channel on which each change is told. */
  readonly channel: string;
}

export function queueKeys(kernelId: KernelId): QueueKeys {
  const tag = tagOf({ kind: 'kernel', id: kernelId });
  const [queue, changes] = [`${tag}:queue`, `${tag}:changes`];
  const most = [queue, `${tag}:places`, `${tag}:ended`, changes];
  return { all: [...most, `${tag}:requested`], most, queue, changes, channel: changes };
}

export interface DocumentKeys {
  /** Of the steps on a log. */
  readonly all: readonly string[];
  /** The list of frames. */
  readonly log: string;
  /** The hash of documents of other histories. */
  readonly copies: string;
}

export function documentKeys(fileId: FileId): DocumentKeys {
  const tag = tagOf({ kind: 'notebook', id: fileId });
  const log = `${tag}:log`;
  return { all: [`${tag}:log-head`, log], log, copies: `${tag}:copies` };
}

export interface FolderKeys {
  /** Of the steps. */
  readonly all: readonly string[];
  /** The hash of texts that are kept as a whole. */
  readonly texts: string;
  /** The hash of hubs. */
  readonly hubs: string;
  readonly secret: string;
}

/** What hubs that serve one folder keep together. */
export function folderKeys(id: FolderId): FolderKeys {
  const subject = { kind: 'folder', id } as const;
  const key = (part: string): string => `${tagOf(subject)}:${part}`;
  const [texts, hubs] = [key('texts'), key('hubs')];
  return { all: [leaseKey(subject), texts, hubs], texts, hubs, secret: key('secret') };
}

/** Which folder that is; of no folder, since it is asked before its id is known. */
export const folderRecordKey = 'cokernel:folder';

/** What is claimed: the lease, and of a kernel the queue to which its fences are told. */
export function claimKeys(subject: LeaseSubject): readonly string[] {
  return subject.kind === 'kernel' ? [leaseKey(subject), queueKeys(subject.id).queue] : [leaseKey(subject)];
}

export function leaseKey(subject: LeaseSubject): string {
  return `${tagOf(subject)}:lease`;
}

const LETTERS = { kernel: 'k', notebook: 'n', folder: 'f' } as const;

function tagOf({ kind, id }: LeaseSubject): string {
  return `cokernel:{${LETTERS[kind]}:${id}}`;
}
