/** Reads Redis past every hub, over connections of its own, in Redis' own protocol (RESP2). */
import { connect } from 'node:net';

export type Reply = string | number | null | readonly Reply[];

/** Array.isArray would leave the compiler without a type. */
export function isList(reply: Reply | undefined): reply is readonly Reply[] {
  return Array.isArray(reply);
}

export class RedisReader {
  constructor(private readonly port: number) {}

  /** One command; rejects when Redis is away or refuses it. */
  ask(...words: readonly string[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1');
      let heard = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        heard = Buffer.concat([heard, chunk]);
        const read = replyAt(heard, 0);
        if (read === null) return;
        socket.destroy();
        if (read.value instanceof Error) reject(read.value);
        else resolve(read.value);
      });
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('Redis closed the connection')));
      socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
    });
  }
}

interface Read {
  readonly value: Reply | Error;
  readonly next: number;
}

/** Null: not all of it is there yet. */
function replyAt(bytes: Buffer, at: number): Read | null {
  const end = bytes.indexOf('\r\n', at);
  if (end === -1) return null;
  const line = bytes.toString('utf8', at + 1, end);
  switch (String.fromCharCode(bytes[at] ?? 0)) {
    case '+':
      return { value: line, next: end + 2 };
    case '-':
      return { value: new Error(line), next: end + 2 };
    case ':':
      return { value: Number(line), next: end + 2 };
    case '$':
      return textAt(bytes, end + 2, Number(line));
    case '*':
      return listAt(bytes, end + 2, Number(line));
    default:
      throw new Error(`Redis said what is no reply: ${line}`);
  }
}

function textAt(bytes: Buffer, at: number, length: number): Read | null {
  if (length === -1) return { value: null, next: at };
  if (bytes.length < at + length + 2) return null;
  return { value: bytes.toString('utf8', at, at + length), next: at + length + 2 };
}

function listAt(bytes: Buffer, at: number, length: number): Read | null {
  const list: Reply[] = [];
  let next = at;
  while (list.length < length) {
    const read = replyAt(bytes, next);
    if (read === null || read.value instanceof Error) return read;
    list.push(read.value);
    next = read.next;
  }
  return { value: list, next };
}
