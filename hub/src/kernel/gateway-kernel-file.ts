/**
 * Which kernels of a remote engine are ours, so that the next hub finds them: our id, the engine's, what the kernel was
 * started as, and the highest fence seen. One small file in the store, written whole, readable by its owner alone.
 * What another engine runs is kept in it and not looked at.
 */
import { readFile } from 'node:fs/promises';
import { KernelId } from '@cokernel/proto/hub';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { errorCode } from './error-code.js';
import { KernelHostError } from './kernel-host.js';
import type { Log } from './log.js';

const Entry = z.object({
  kernelId: KernelId,
  engine: z.string(),
  remoteId: z.string(),
  specName: z.string(),
  labels: z.record(z.string(), z.string()),
  fence: z.number().int().nonnegative(),
});
const Content = z.object({ kernels: z.array(Entry) });

export type GatewayKernelEntry = Readonly<z.infer<typeof Entry>>;

export class GatewayKernelFile {
  readonly #entries = new Map<string, GatewayKernelEntry>();
  #loaded: Promise<void> | null = null;
  #written: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly log: Log,
  ) {}

  /** Reads the file once; one that is damaged is told and counts as empty. */
  load(): Promise<void> {
    this.#loaded ??= this.#read();
    return this.#loaded;
  }

  /** Those of one engine. */
  of(engine: string): readonly GatewayKernelEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.engine === engine);
  }

  get(kernelId: KernelId): GatewayKernelEntry | undefined {
    return this.#entries.get(kernelId);
  }

  /** Resolves when it is on disk; rejects, and leaves all as it was, when it can't be. */
  async put(entry: GatewayKernelEntry): Promise<void> {
    const former = this.#entries.get(entry.kernelId);
    this.#entries.set(entry.kernelId, entry);
    try {
      await this.#write();
    } catch (error) {
      if (former === undefined) this.#entries.delete(entry.kernelId);
      else this.#entries.set(entry.kernelId, former);
      throw error;
    }
  }

  async remove(kernelId: KernelId): Promise<void> {
    if (this.#entries.delete(kernelId)) await this.#write();
  }

  /** Throws `noSuchKernel`, or `staleFence` with the highest. */
  check(kernelId: KernelId, fence: number): GatewayKernelEntry {
    const entry = this.#entries.get(kernelId);
    if (entry === undefined) throw new KernelHostError('noSuchKernel', `there is no kernel ${kernelId}`);
    if (fence >= entry.fence) return entry;
    const message = `fence ${fence} is older than ${entry.fence}: another hub owns this kernel`;
    throw new KernelHostError('staleFence', message, entry.fence);
  }

  /** As `check`, and remembers a higher fence. */
  async pass(kernelId: KernelId, fence: number): Promise<GatewayKernelEntry> {
    const entry = this.check(kernelId, fence);
    if (fence > entry.fence) await this.put({ ...entry, fence });
    return entry;
  }

  /** Resolves when everything so far is on disk. */
  async flush(): Promise<void> {
    await this.#written;
  }

  async #read(): Promise<void> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return;
    const parsed = Content.safeParse(parseJson(text));
    if (!parsed.success) {
      this.log('error', 'the list of remote kernels is damaged: those that run are left alone', { path: this.path });
      return;
    }
    for (const entry of parsed.data.kernels) this.#entries.set(entry.kernelId, entry);
  }

  /** One after the other, so that the last one written is the newest. */
  #write(): Promise<void> {
    const write = async (): Promise<void> => {
      const content = { kernels: [...this.#entries.values()] };
      await writeFileAtomic(this.path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    };
    const written = this.#written.then(write);
    this.#written = written.catch((error: unknown) => {
      this.log('error', 'the list of remote kernels was not written', { path: this.path, reason: String(error) });
    });
    return written;
  }
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
