/** The hash by which a run names the text that its author saw. */
import { digest } from 'lib0/hash/sha256';

/** SHA-256 of the UTF-8 text, 64 lower-case hex digits. Works where crypto.subtle does not (plain HTTP). */
export function sourceHash(source: string): string {
  const bytes = digest(new TextEncoder().encode(source));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
