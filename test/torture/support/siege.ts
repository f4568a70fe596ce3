/**
 * The stage of the tortures by killing: a hub with one notebook, Ann who types into it all the time, Ben who reads, and a
 * kernel that is ready. After a round every copy of the notebook must be the same and complete.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonKernelspec } from '../../end-to-end/support/kernelspecs.js';
import { python } from '../../end-to-end/support/languages.js';
import { writeNotebook } from '../../end-to-end/support/notebook-file.js';
import { startRedis } from '../../end-to-end/support/redis-server.js';
import type { Scratch } from '../../end-to-end/support/scratch.js';
import { BesiegedHub } from './besieged-hub.js';
import { savedCell } from './saved-cells.js';
import { differenceOfText, type ShownOutput } from './shown-output.js';
import { Typist } from './typist.js';
import { Visitor } from './visitor.js';

const NOTEBOOK = 'siege.ipynb';
const TYPES_EVERY_MS = 20;
const PID_SOURCE = 'import os; print(os.getpid())';

export interface SiegeOptions {
  readonly store: 'embedded' | 'redis';
}

/** One place where the notebook is: somebody's document, or the file. */
export interface Copy {
  readonly whose: string;
  readonly notes: string;
  readonly shown: readonly ShownOutput[];
}

export class Siege {
  private constructor(
    readonly scratch: Scratch,
    readonly hub: BesiegedHub,
    readonly ann: Visitor,
    readonly ben: Visitor,
    readonly typist: Typist,
    /** Of the kernel's process, as it says itself. */
    readonly kernelPid: number,
    private readonly file: string,
  ) {}

  static async open(scratch: Scratch, { store }: SiegeOptions): Promise<Siege> {
    const served = scratch.make('served');
    const file = join(served, NOTEBOOK);
    writeNotebook(file, python, { notes: '', lines: '', after: '', pid: PID_SOURCE });
    const redis = store === 'redis' ? { redisUrl: await startRedis(scratch) } : {};
    const hub = await BesiegedHub.start(scratch, { served, kernelspecs: pythonKernelspec(scratch), ...redis });
    const ann = await visit(scratch, hub, 'Ann');
    const ben = await visit(scratch, hub, 'Ben');
    const typist = new Typist(ann, 'notes', TYPES_EVERY_MS);
    scratch.atEnd(() => typist.stop());
    return new Siege(scratch, hub, ann, ben, typist, await pidOfKernel(ann), file);
  }

  /** A file of this round, below the stage's folder. */
  path(name: string): string {
    return join(this.scratch.folder, name);
  }

  /** How often the program began that notes it in this file. */
  timesRun(file: string): number {
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
  }

  /** What the kernel says its process is; runs a cell. */
  pidOfKernel(): Promise<number> {
    return pidOfKernel(this.ann);
  }

  /** All copies of the notebook once nobody types: Ann's, Ben's, the hub's as it gives it to who comes late, the file. */
  async copies(cellId: string): Promise<readonly Copy[]> {
    this.typist.stop();
    const { typed } = this.typist;
    await this.ben.waits('to see what Ann typed', () => this.ben.source('notes').length >= typed.length, 15_000);
    await this.ann.room.call('save', {});
    const late = await Visitor.join(this.hub.address, NOTEBOOK, 'Cleo');
    const copies = [this.ann, this.ben, late].map((visitor) => ({
      whose: `${visitor.name}'s document`,
      notes: visitor.source('notes'),
      shown: visitor.shown(cellId),
    }));
    late.leave();
    const saved = { notes: savedCell(this.file, 'notes').source, shown: savedCell(this.file, cellId).shown };
    return [...copies, { whose: 'the saved file', ...saved }];
  }

  /** A sentence about the first word that is missing or strange in a copy; null when all is there. */
  typingFault(copies: readonly Copy[]): string | null {
    const faults = copies.flatMap(({ whose, notes }) => {
      const difference = differenceOfText(this.typist.typed, notes);
      return difference === null ? [] : [`what was typed, in ${whose}: ${difference}`];
    });
    return faults[0] ?? null;
  }
}

async function visit(scratch: Scratch, hub: BesiegedHub, name: string): Promise<Visitor> {
  const visitor = await Visitor.join(hub.address, NOTEBOOK, name);
  scratch.atEnd(() => visitor.leave());
  return visitor;
}

async function pidOfKernel(visitor: Visitor): Promise<number> {
  const runId = await visitor.run('pid', PID_SOURCE);
  const end = await visitor.sawEnd('pid', runId);
  const [output] = visitor.shown('pid');
  const pid = Number(output?.text.trim());
  if (end === 'succeeded' && Number.isInteger(pid)) return pid;
  throw new Error(`the kernel does not say its pid: the run ${end}, and shows ${JSON.stringify(output)}`);
}
