/** Takes out of a MIME bundle what is too large for a document, and names what was taken by its hash. */
import { createHash } from 'node:crypto';
import { ContentHash } from '@cokernel/proto/hub';
import type { MimeBundle } from '@cokernel/proto/notebook';
import { DEFAULT_OUTSIDE, bundleInside } from '@cokernel/proto/notebook';

export interface Blob {
  readonly sha256: ContentHash;
  readonly bytes: Uint8Array;
}

export interface StoredDisplay {
  readonly data: MimeBundle;
  readonly blobs: readonly Blob[];
}

/** Takes out each MIME type whose content is longer than `limit` (UTF-16 units). */
export function storeDisplay(data: MimeBundle, limit: number): StoredDisplay {
  const blobs: Blob[] = [];
  const put = (bytes: Uint8Array): ContentHash => {
    const blob = blobOf(bytes);
    blobs.push(blob);
    return blob.sha256;
  };
  return { data: bundleInside(data, { ...DEFAULT_OUTSIDE, display: limit }, { put }), blobs };
}

export function blobOf(bytes: Uint8Array): Blob {
  return { sha256: ContentHash.parse(createHash('sha256').update(bytes).digest('hex')), bytes };
}

/** In a document, about (UTF-16 units). */
export function bundleLength(data: MimeBundle): number {
  return Object.values(data).reduce<number>((sum, value) => {
    return sum + (typeof value === 'string' ? value.length : JSON.stringify(value).length);
  }, 0);
}
