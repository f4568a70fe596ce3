/** Pure: what a kernel uses, for a person. */
import type { KernelUsage } from '@cokernel/proto/hub';

const MB = 1_000_000;

/** `312 MB · 4 %`. */
export function usageText({ rssBytes, cpuPercent }: KernelUsage): string {
  const megabytes = Math.round(rssBytes / MB);
  const memory = megabytes < 1_000 ? `${String(megabytes)} MB` : `${(rssBytes / MB / 1_000).toFixed(1)} GB`;
  return `${memory} · ${String(Math.round(cpuPercent))} %`;
}
