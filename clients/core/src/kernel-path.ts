/** Pure: where a kernel's REST endpoints lie. */
import type { KernelId } from '@cokernel/proto/hub';

export function kernelPath(kernelId: KernelId): string {
  return `/api/kernels/${encodeURIComponent(kernelId)}`;
}
