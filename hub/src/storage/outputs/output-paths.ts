/** Where an output and a text lie in the store's folder. */
import { join } from 'node:path';
import type { ContentHash, TextId } from '@cokernel/proto/hub';

export function outputPath(folder: string, hash: ContentHash): string {
  return join(folder, hash.slice(0, 2), hash);
}

export function textPath(folder: string, id: TextId): string {
  // `.` and `..` are ids like any other.
  return join(folder, 'texts', id.replaceAll('.', '%2E'));
}
