/**
 * Sends on one ZeroMQ socket one after the other (J19): zeromq 6 allows a single pending send a socket and rejects a
 * second. Order is kept; a send that fails is told to who asked for it and does not stop the next.
 */
export interface FrameSink {
  send(frames: Uint8Array[]): Promise<void>;
}

export class SendQueue {
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly sink: FrameSink) {}

  /** Resolves when ZeroMQ has taken the message. */
  send(frames: Uint8Array[]): Promise<void> {
    const sent = this.#last.then(() => this.sink.send(frames));
    this.#last = sent.catch(() => undefined);
    return sent;
  }
}
