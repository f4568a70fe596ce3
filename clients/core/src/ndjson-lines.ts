/** Lines of text as they come over the wire. */

/** Whole lines that are not empty: what a broken connection cut is left out. Rejects when the connection breaks. */
export async function* linesOf(body: ReadableStream<BufferSource>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split('\n');
      rest = parts.pop() ?? '';
      yield* parts.filter((part) => part.trim() !== '');
    }
  } finally {
    // A stream that broke rejects here with the reason that `read` has given already.
    await reader.cancel().catch(() => undefined);
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
