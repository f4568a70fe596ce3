/**
 * The kernel of one notebook: found again after the hub started anew, started when a run asks for one, changed, and
 * ended. Two requests at once start one kernel.
 */
import type { FileId } from '@cokernel/proto/hub';
import { Refusal } from '../errors.js';
import type { KernelSpec } from '../kernel/kernel-host.js';
import type { KernelSession } from '../run/kernel-session.js';
import type { KernelSessions } from '../run/kernel-sessions.js';
import type { Room } from './room.js';

export interface NotebookKernelOptions {
  readonly room: Room;
  readonly sessions: KernelSessions;
  /** By which a later hub recognises the kernels of this served folder. */
  readonly labels: Readonly<Record<string, string>>;
  /** The folder of the notebook, absolute. */
  readonly workingDirectory: () => string;
  /** What the notebook's metadata wants. */
  readonly wish: () => { readonly specName: string | null; readonly language: string | null };
}

/** The label that says whose kernel it is. */
function labelOf(fileId: FileId): Readonly<Record<string, string>> {
  return { fileId };
}

export class NotebookKernel {
  private starting: Promise<KernelSession> | null = null;

  constructor(private readonly options: NotebookKernelOptions) {}

  /** Refers the room to a kernel that runs for it already. */
  async find(): Promise<void> {
    const { room, sessions } = this.options;
    const found = sessions.list().find((session) => session.labels['fileId'] === room.fileId);
    if (found !== undefined) await room.useKernel(found);
  }

  /** The notebook's session; starts a kernel when there is none. */
  async ensure(): Promise<KernelSession> {
    const { room } = this.options;
    if (room.kernel !== null) return room.kernel;
    this.starting ??= this.startWished().finally(() => {
      this.starting = null;
    });
    return this.starting;
  }

  /** Starts a kernel of this kernelspec in place of the one there is. */
  async change(specName: string, by: string): Promise<KernelSession> {
    await this.starting?.catch(() => undefined);
    this.starting = this.replace(specName, by).finally(() => {
      this.starting = null;
    });
    return this.starting;
  }

  async stop(by: string): Promise<void> {
    const { room, sessions } = this.options;
    const session = room.kernel;
    if (session === null) return;
    await room.useKernel(null);
    await sessions.shutdown(session, `the kernel was shut down by ${by}`);
  }

  async restart(session: KernelSession, by: string): Promise<void> {
    await this.options.sessions.restart(session, by);
  }

  private async startWished(): Promise<KernelSession> {
    const specs = await this.options.sessions.kernelSpecs();
    const spec = chooseSpec(specs, this.options.wish());
    if (spec === null) {
      throw new Refusal('noSuchKernelSpec', 'no kernel is installed: install one, such as `pip install ipykernel`');
    }
    return this.start(spec.name);
  }

  private async replace(specName: string, by: string): Promise<KernelSession> {
    // A wish that can't be met must not cost the kernel that there is.
    await this.options.sessions.requireSpec(specName);
    await this.stop(by);
    return this.start(specName);
  }

  private async start(specName: string): Promise<KernelSession> {
    const { room, sessions, labels, workingDirectory } = this.options;
    const session = await sessions.start({
      specName,
      cwd: workingDirectory(),
      labels: { ...labels, ...labelOf(room.fileId) },
    });
    await room.useKernel(session);
    return session;
  }
}

/** By name, else by language, else Python, else the first. */
export function chooseSpec(
  specs: readonly KernelSpec[],
  wish: { readonly specName: string | null; readonly language: string | null },
): KernelSpec | null {
  return (
    specs.find((spec) => spec.name === wish.specName) ??
    specs.find((spec) => spec.language === wish.language) ??
    specs.find((spec) => spec.language === 'python') ??
    specs[0] ??
    null
  );
}
