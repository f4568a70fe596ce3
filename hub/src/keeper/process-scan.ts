/**
 * One look at the processes of this machine, for all kernels at once. On Linux it reads /proc, since slim images lack
 * `ps`; elsewhere it runs `ps` once. Processes that end during the look are left out.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { parseProcRss, parseProcStat, parsePs, PS_COLUMNS, type ProcessRow } from './process-table.js';

export interface ProcessScan {
  processes(): Promise<readonly ProcessRow[]>;
  /** Together, in bytes; memory that they share counts for each. */
  rssOf(rows: readonly ProcessRow[]): Promise<number>;
}

export function processScan(platform: NodeJS.Platform = process.platform): ProcessScan {
  return platform === 'linux' ? procScan : psScan;
}

/** So many files are read at a time: a machine has thousands of processes, Node four threads to read with. */
const READS_AT_A_TIME = 32;

const procScan: ProcessScan = {
  processes: async () => {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const rows: ProcessRow[] = [];
    for (let from = 0; from < pids.length; from += READS_AT_A_TIME) {
      const texts = await Promise.all(pids.slice(from, from + READS_AT_A_TIME).map((pid) => readProc(pid, 'stat')));
      rows.push(...texts.flatMap((text) => parseProcStat(text) ?? []));
    }
    return rows;
  },
  rssOf: async (rows) => {
    const texts = await Promise.all(rows.map(({ pid }) => readProc(String(pid), 'status')));
    return texts.reduce((total, text) => total + parseProcRss(text), 0);
  },
};

const run = promisify(execFile);
const PS_LIMIT_MS = 4_000;
const PS_MAX_BYTES = 16 * 1024 * 1024;

const psScan: ProcessScan = {
  processes: async () => {
    // Another locale would write the decimal point as a comma.
    const env = { ...process.env, LC_ALL: 'C' };
    const options = { env, timeout: PS_LIMIT_MS, maxBuffer: PS_MAX_BYTES };
    return parsePs((await run('ps', ['-axo', PS_COLUMNS], options)).stdout);
  },
  rssOf: (rows) => Promise.resolve(rows.reduce((total, { rssBytes }) => total + (rssBytes ?? 0), 0)),
};

/** Empty for a process that is gone, which is no row for the parsers. */
async function readProc(pid: string, name: 'stat' | 'status'): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
