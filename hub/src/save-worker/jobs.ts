/** What crosses between the hub's thread and the worker that reads, writes and sends notebooks. */
import type { ContentHash, TextId } from '@cokernel/proto/hub';
import type { Notebook } from '@cokernel/proto/notebook';
import type { DraftFile, SaveLimits, SavedState, WriteOutcome } from '../room/notebook-files.js';

/** Given to a worker at its start. */
export interface WorkerSettings {
  /** Of the output store. */
  readonly outputsFolder: string;
  readonly limits: SaveLimits;
  /** Of hubs that save the same files one after the other, which one: its drafts are no others'. Default: there is one hub. */
  readonly writer?: string;
}

export interface ReadJob {
  readonly kind: 'read';
  readonly absolute: string;
  readonly clientId: number;
}

export interface WriteJob {
  readonly kind: 'write';
  readonly absolute: string;
  readonly state: Uint8Array;
  readonly saved: SavedState;
  readonly withheld?: readonly TextId[];
}

export interface SendJob {
  readonly kind: 'send';
  readonly notebook: Notebook;
  readonly readable: readonly (ContentHash | TextId)[];
}

export type Job = ReadJob | WriteJob | SendJob;

/** What a worker wants its hub to do before it goes on. */
export type Question =
  | { readonly kind: 'put' | 'piece'; readonly bytes: Uint8Array }
  /** Null: the one that was told won't take the file's place. */
  | { readonly kind: 'draft'; readonly draft: DraftFile | null };

export interface ReadResult {
  readonly saved: SavedState;
  readonly state: Uint8Array;
  readonly notKept: readonly string[];
  readonly outside: readonly (ContentHash | TextId)[];
}

export type Result =
  | { readonly kind: 'read'; readonly value: ReadResult }
  | { readonly kind: 'write'; readonly value: WriteOutcome }
  | { readonly kind: 'sent' };

/** An error has no class on its way. */
export interface Failure {
  readonly kind: 'failed' | 'noNotebook';
  readonly message: string;
  /** With `noNotebook`. */
  readonly line: number | null;
}

export type ToWorker =
  | { readonly id: number; readonly job: Job }
  | { readonly id: number; readonly answer: { readonly error: string | null } };

export type FromWorker =
  | { readonly id: number; readonly question: Question }
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly failure: Failure };

/** Asks the hub and waits until it has done it. */
export type Ask = (question: Question) => Promise<void>;
