/** Writing to standard output and error: as fast as the reader takes it, and no fault when the reader has left (`| head`). */

/** Whoever read what a command writes has closed the pipe: there is nothing left to do for it. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** Resolves when it is written. Rejects with ReaderGone. */
export function write(stream: NodeJS.WriteStream, content: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(content, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(isGone(error) ? new ReaderGone(error.message) : error);
    });
  });
}

/** Called once, before anything is written: without it Node ends the process with a stack trace. */
export function bearGoneReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: Error) => {
      if (!isGone(error)) throw error;
    });
  }
}

function isGone(error: Error): boolean {
  return 'code' in error && error.code === 'EPIPE';
}
