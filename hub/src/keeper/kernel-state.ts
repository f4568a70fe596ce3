/**
 * What the next keeper must know of a kernel to take it over, in `state.json` of the kernel's folder. It is replaced
 * as a whole, by the owner alone to be read (it holds the signing key), and in the same turn in which something
 * changes. A keeper that is killed between the start of a process and the line that notes its pid, some microseconds,
 * leaves a process that nobody knows of; every other moment leaves a state that says what to do.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { KernelInfo, Launch } from '../kernel/keeper-protocol.js';
import type { Log } from '../kernel/log.js';
import { Connection } from './connection-file.js';
import { ProcessIdentity } from './process-identity.js';

export const KernelState = z
  .object({
    /** Of this file; a keeper leaves alone what it does not know. */
    format: z.literal(1),
    kernelId: KernelId,
    specName: z.string(),
    labels: z.record(z.string(), z.string()),
    origin: z.enum(['started', 'existing']),
    /** How it is started again; null for a kernel that somebody else started. */
    start: z.object({ launch: Launch, cwd: z.string() }).nullable(),
    connection: Connection,
    routingId: z.string(),
    highestFence: z.number(),
    journalId: z.string(),
    knowsAllRequests: z.boolean(),
    /** Null before the start, after the end, and for a kernel whose process can't be known. */
    process: ProcessIdentity.nullable(),
    phase: z.enum(['starting', 'ready', 'dead']),
    /** It was told to end: whoever finds it so ends it. */
    ending: z.boolean(),
    kernelInfo: KernelInfo.nullable(),
  })
  .readonly();
export type KernelState = z.infer<typeof KernelState>;

const NAME = 'state.json';

export class KernelStateFile {
  constructor(
    private readonly folder: string,
    private state: KernelState,
    private readonly log: Log,
  ) {}

  get current(): KernelState {
    return this.state;
  }

  /** A state that can't be written (the disk is full) is logged: the kernel goes on. */
  update(change: Partial<KernelState>): void {
    this.state = { ...this.state, ...change };
    try {
      this.write();
    } catch (error) {
      this.log('error', 'the state of a kernel can not be kept', { reason: String(error) });
    }
  }

  /** Throws when it can't be written. */
  write(): void {
    const path = join(this.folder, NAME);
    writeFileSync(`${path}.new`, JSON.stringify(this.state), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}

/** Throws when there is none that can be read. */
export function readKernelState(folder: string): KernelState {
  return KernelState.parse(JSON.parse(readFileSync(join(folder, NAME), 'utf8')));
}
