/** The kernelspecs of this machine: read when somebody asks, and known as they were last read. */
import { Refusal } from '../errors.js';
import type { KernelHost, KernelSpec } from '../kernel/kernel-host.js';
import { asRefusal } from './host-refusal.js';

export interface KnownKernelSpecsOptions {
  readonly host: Pick<KernelHost, 'kernelSpecs'>;
  /** A kernel was installed, changed or removed since they were read before. */
  readonly onKernelSpecsChanged: (specs: readonly KernelSpec[]) => void;
}

export class KnownKernelSpecs {
  private specs: readonly KernelSpec[] = [];

  constructor(private readonly options: KnownKernelSpecsOptions) {}

  /** As they were last read. */
  get known(): readonly KernelSpec[] {
    return this.specs;
  }

  /** Anew. */
  async read(): Promise<readonly KernelSpec[]> {
    const specs = await this.options.host.kernelSpecs().catch((error: unknown) => {
      throw asRefusal(error);
    });
    const changed = JSON.stringify(specs) !== JSON.stringify(this.specs);
    this.specs = specs;
    if (changed) this.options.onKernelSpecsChanged(specs);
    return specs;
  }

  /** Throws `Refusal` (noSuchKernelSpec). */
  async require(name: string): Promise<KernelSpec> {
    const find = (): KernelSpec | undefined => this.specs.find((spec) => spec.name === name);
    if (find() === undefined) await this.read();
    const spec = find();
    if (spec !== undefined) return spec;
    const known = this.specs.map((other) => other.name).join(', ') || 'none';
    throw new Refusal('noSuchKernelSpec', `there is no kernelspec named '${name}' (known: ${known})`);
  }
}
