/** What a KernelHost could not do, as a refusal that people are told. */
import { Refusal, messageOf } from '../errors.js';
import { KernelHostError } from '../kernel/kernel-host.js';

export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof KernelHostError && error.code === 'noSuchKernelSpec') {
    return new Refusal('noSuchKernelSpec', error.message);
  }
  return new Refusal('kernelFailed', messageOf(error));
}
