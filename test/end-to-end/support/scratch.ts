/**
 * A test's own place: folders that nobody else uses, and what must be ended after it, in reverse order. Whatever still
 * names the folder in its command line then is ended too, so no test leaves a process behind.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcessesOf } from './processes.js';

export interface Scratch {
  readonly folder: string;
  /** Makes a folder below. */
  make(name: string): string;
  /** Runs at the end, last one first. */
  atEnd(close: () => void | Promise<void>): void;
  /** The folder goes too, unless somebody is to look into it. */
  end(options?: { readonly keepFolder?: boolean }): Promise<void>;
}

export function makeScratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'cokernel-e2e-'));
  const closers: (() => void | Promise<void>)[] = [];
  return {
    folder,
    make(name) {
      const below = join(folder, name);
      mkdirSync(below, { recursive: true });
      return below;
    },
    atEnd(close) {
      closers.push(close);
    },
    async end({ keepFolder = false } = {}) {
      const failures: unknown[] = [];
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        await Promise.resolve(close()).catch((failure: unknown) => failures.push(failure));
      }
      await endProcessesOf(folder);
      if (!keepFolder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      if (failures.length > 0) throw new AggregateError(failures, 'Something could not be closed.');
    },
  };
}
