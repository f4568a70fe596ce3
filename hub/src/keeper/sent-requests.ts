/**
 * The execute_requests that were sent to one kernel, for its whole life: none is sent twice, whatever keepers come and
 * go. A request is noted before it is sent. In the file each takes eight bytes of its msg_id's hash, so that a million
 * runs take 8 MB; that a new one is taken for one of a million others is as likely as 1 to 10^13.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';

const HASH_BYTES = 8;

export class SentRequests {
  readonly #hashes = new Set<string>();
  #file: number | null = null;

  constructor(private readonly path: string) {}

  /** For a new kernel. Throws when there is one already. */
  create(): void {
    this.#file = openSync(this.path, 'ax', 0o600);
  }

  /** Reads what an earlier keeper noted; what it did not finish was not sent. Throws when there is nothing. */
  recover(): void {
    const noted = readFileSync(this.path);
    for (let end = HASH_BYTES; end <= noted.length; end += HASH_BYTES) {
      this.#hashes.add(noted.toString('latin1', end - HASH_BYTES, end));
    }
    truncateSync(this.path, noted.length - (noted.length % HASH_BYTES));
    this.#file = openSync(this.path, 'a');
  }

  has(msgId: string): boolean {
    return this.#hashes.has(hashOf(msgId).toString('latin1'));
  }

  /** Throws when it can't be written; it is known to this keeper all the same. */
  add(msgId: string): void {
    const hash = hashOf(msgId);
    this.#hashes.add(hash.toString('latin1'));
    if (this.#file !== null && writeSync(this.#file, hash) !== HASH_BYTES) throw new Error('there is no room for it');
  }

  /** The next keeper finds nothing, and so knows that it does not know all. Can be called twice. */
  forsake(): void {
    this.close();
    rmSync(this.path, { force: true });
  }

  /** Can be called twice. */
  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}

function hashOf(msgId: string): Buffer {
  return createHash('sha256').update(msgId).digest().subarray(0, HASH_BYTES);
}
