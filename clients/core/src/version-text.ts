/** Pure: why a version was kept, in a few words. */
import type { VersionView } from '@cokernel/proto/hub';

/** `kept by Ann`, `after Ann’s runs`, `before a change on the disk`. */
export function versionReason({ kind, author }: Pick<VersionView, 'kind' | 'author'>): string {
  const name = author?.name ?? 'somebody';
  switch (kind) {
    case 'named':
      return `kept by ${name}`;
    case 'checkpoint':
      return 'checkpoint';
    case 'afterBatch':
      return `after ${name}’s runs`;
    case 'hourly':
      return 'with the changes until then';
    case 'beforeMerge':
      return 'before a change on the disk';
    case 'beforeRestore':
      return `before ${name} restored a version`;
  }
}
