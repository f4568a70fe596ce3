/**
 * Reads the connection file of a kernel that somebody else started (J14), such as one of a Jupyter console or of a
 * notebook server. Whatever is wrong with it is told with the file's path and the field, for a person to put right.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { isRecord } from '@cokernel/proto/jupyter';
import { z } from 'zod';
import { errorCode } from '../kernel/error-code.js';
import { KernelHostError } from '../kernel/kernel-host.js';
import type { Connection } from './connection-file.js';

export interface ExistingConnection {
  readonly connection: Connection;
  /** The kernelspec's name, where the file has it. */
  readonly specName: string;
}

/** Connection files have some 300 bytes; a device or a log given by mistake must not be read for ever. */
const MAX_FILE_BYTES = 64 * 1024;
const SIGNATURE_SCHEME = 'hmac-sha256';
/** Written by programs that know no kernelspec. */
const NO_SPEC_NAME = 'existing';

const port = z.number().int().min(1).max(65_535);

const ConnectionFile = z.object({
  transport: z.enum(['tcp', 'ipc']).default('tcp'),
  ip: z.string().min(1),
  shell_port: port,
  control_port: port,
  iopub_port: port,
  stdin_port: port,
  hb_port: port,
  key: z.string().default(''),
  signature_scheme: z.string().default(SIGNATURE_SCHEME),
  kernel_name: z.string().catch(''),
  curve_publickey: z.unknown().optional(),
});

/** Rejects with `badRequest`. */
export async function readExistingConnection(path: string): Promise<ExistingConnection> {
  if (!isAbsolute(path)) throw bad(path, 'its path must be absolute');
  const value = parseJson(path, await readText(path));
  if (!isRecord(value)) throw bad(path, 'it is not a JSON object');
  const parsed = ConnectionFile.safeParse(value);
  if (!parsed.success) throw bad(path, parsed.error.issues.map((issue) => wordsOf(issue, value)).join(', '));
  const file = parsed.data;
  if (file.key !== '' && file.signature_scheme !== SIGNATURE_SCHEME)
    throw bad(path, `signature_scheme is ${file.signature_scheme}, and only ${SIGNATURE_SCHEME} is known here`);
  if (typeof file.curve_publickey === 'string')
    throw bad(path, 'curve_publickey is set, and encrypted connections are not known here');
  if (file.transport === 'ipc' && !isAbsolute(file.ip))
    throw bad(path, 'ip must be an absolute path for transport ipc');
  const connection: Connection = {
    transport: file.transport,
    ip: reachableAddress(file.ip),
    shellPort: file.shell_port,
    controlPort: file.control_port,
    iopubPort: file.iopub_port,
    stdinPort: file.stdin_port,
    heartbeatPort: file.hb_port,
    key: file.key,
  };
  return { connection, specName: file.kernel_name || NO_SPEC_NAME };
}

/** A kernel that listens everywhere listens here too; nothing can be connected to 'everywhere'. */
function reachableAddress(ip: string): string {
  return ip === '*' || ip === '0.0.0.0' ? '127.0.0.1' : ip;
}

async function readText(path: string): Promise<string> {
  const file = await openFile(path);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw bad(path, 'it is not a file');
    if (facts.size > MAX_FILE_BYTES) throw bad(path, 'it is too large to be one');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Without waiting for a writer, which is what opening a pipe does.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') throw bad(path, 'it is not there');
    if (code === 'EACCES') throw bad(path, 'it may not be read by this user');
    throw bad(path, String(error));
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw bad(path, 'it is not JSON');
  }
}

function wordsOf(issue: z.core.$ZodIssue, value: Readonly<Record<string, unknown>>): string {
  const field = issue.path.join('.');
  return field in value ? `${field}: ${issue.message}` : `${field} is missing`;
}

function bad(path: string, what: string): KernelHostError {
  return new KernelHostError('badRequest', `the connection file ${path} can't be used: ${what}`);
}
