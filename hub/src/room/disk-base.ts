/** The base of the next merge as text, to be kept beside a document's log: compressed, since it is written with each save. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { MergeBase } from '@cokernel/proto/notebook';

export function encodeBase(base: MergeBase): string {
  return gzipSync(JSON.stringify(base)).toString('base64');
}

/** Throws on text that is none. */
export function decodeBase(text: string): MergeBase {
  return MergeBase.parse(JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString('utf8')));
}
