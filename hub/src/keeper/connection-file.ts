/**
 * A kernel's connection file (J14): how it is reached and the key that signs its messages. Only the owner can read
 * it. Kernels may remove it when they end, so it is written anew, with the same content, before each start.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import type { Signer } from '@cokernel/proto/jupyter';
import { z } from 'zod';

const port = z.number().int().positive();

export const Connection = z
  .object({
    /** How ZeroMQ reaches a kernel: kernels of ours by `tcp`, one that was found running (J14) by either. */
    transport: z.enum(['tcp', 'ipc']),
    /** Of `ipc` the beginning of the sockets' paths. */
    ip: z.string(),
    shellPort: port,
    controlPort: port,
    iopubPort: port,
    stdinPort: port,
    heartbeatPort: port,
    key: z.string(),
  })
  .readonly();
export type Connection = z.infer<typeof Connection>;
export type Transport = Connection['transport'];

export const PORTS_PER_KERNEL = 5;

export function newConnection(ip: string, ports: readonly number[]): Connection {
  const [shellPort, controlPort, iopubPort, stdinPort, heartbeatPort] = ports;
  if (!shellPort || !controlPort || !iopubPort || !stdinPort || !heartbeatPort) {
    throw new Error(`a kernel needs ${PORTS_PER_KERNEL} ports`);
  }
  const key = randomBytes(32).toString('hex');
  return { transport: 'tcp', ip, shellPort, controlPort, iopubPort, stdinPort, heartbeatPort, key };
}

export function portsOf(connection: Connection): readonly number[] {
  const { shellPort, controlPort, iopubPort, stdinPort, heartbeatPort } = connection;
  return [shellPort, controlPort, iopubPort, stdinPort, heartbeatPort];
}

export async function writeConnectionFile(path: string, connection: Connection, kernelName: string): Promise<void> {
  const content = {
    transport: connection.transport,
    ip: connection.ip,
    shell_port: connection.shellPort,
    control_port: connection.controlPort,
    iopub_port: connection.iopubPort,
    stdin_port: connection.stdinPort,
    hb_port: connection.heartbeatPort,
    key: connection.key,
    signature_scheme: 'hmac-sha256',
    kernel_name: kernelName,
  };
  await rm(path, { force: true });
  await writeFile(path, JSON.stringify(content, null, 2), { mode: 0o600, flag: 'wx' });
}

/** What ZeroMQ connects to. */
export function endpointOf({ transport, ip }: Pick<Connection, 'transport' | 'ip'>, port: number): string {
  switch (transport) {
    case 'tcp':
      return `tcp://${ip}:${port}`;
    case 'ipc':
      return `ipc://${socketPathOf(ip, port)}`;
  }
}

/** Of the transport `ipc`, as Jupyter names its sockets. */
export function socketPathOf(ip: string, port: number): string {
  return `${ip}-${port}`;
}

/** J2: an empty key means that nothing is signed. */
export function signerOf(key: string): Signer {
  if (key === '') return null;
  return (json) => {
    const hmac = createHmac('sha256', key);
    for (const part of json) hmac.update(part);
    return hmac.digest('hex');
  };
}
