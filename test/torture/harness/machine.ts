/** The machine and the versions with which figures were made: a figure without them says nothing. */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { z } from 'zod';
import { repository } from '../../end-to-end/support/repository.js';
import type { Machine } from './result.js';

export function thisMachine(): Machine {
  const file: unknown = JSON.parse(readFileSync(`${repository.root}package.json`, 'utf8'));
  return {
    date: new Date().toISOString().slice(0, 10),
    cokernel: z.object({ version: z.string() }).parse(file).version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
  };
}
