/** Text as it comes over the wire, in pieces or in lines. */

/** As it comes. Rejects when the connection breaks. */
export async function* piecesOf(body: ReadableStream<BufferSource>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // A stream that broke rejects here with the reason that `read` has given already.
    await reader.cancel().catch(() => undefined);
  }
}

/** Whole lines that are not empty: what a broken connection cut is left out. Rejects when the connection breaks. */
export async function* linesOf(body: ReadableStream<BufferSource>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of piecesOf(body)) {
    const parts = (rest + piece).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((part) => part.trim() !== '');
  }
}

/** Null for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
