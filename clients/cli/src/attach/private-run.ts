/** A run outside the notebook, from the terminal: its output comes by its transcript, to this terminal only. */
import { randomUUID } from 'node:crypto';
import type { HubClient } from '@cokernel/core';
import { wholeEntries } from '@cokernel/core';
import { FileId, type KernelId, type RunId, type TranscriptEntry } from '@cokernel/proto/hub';
import type { OutputStyle } from '../text/output-text.js';
import { outputText, streamLines } from '../text/output-text.js';
import { safeText } from '../text/terminal-text.js';
import { LineBuffer } from '../text/line-buffer.js';

export interface PrivateRunListener {
  print(text: string): void;
  showLive(text: string): void;
  asked(question: string, password: boolean): void;
}

export class PrivateRun {
  #runId: RunId | null = null;
  readonly #leaving = new AbortController();
  readonly #lines = new LineBuffer();

  constructor(
    private readonly client: HubClient,
    readonly kernelId: KernelId,
    private readonly style: OutputStyle,
    private readonly listener: PrivateRunListener,
  ) {}

  get runId(): RunId | null {
    return this.#runId;
  }

  /** Resolves when the run is over. */
  async run(code: string): Promise<void> {
    const { runId } = await this.client.execute(this.kernelId, code, randomUUID());
    this.#runId = runId;
    const { signal } = this.#leaving;
    const entries = this.client.transcript(runId, { follow: true, signal });
    const whole = wholeEntries(entries, { hub: this.client, fileId: FileId.parse(runId), signal });
    for await (const entry of whole) this.#told(entry);
  }

  interrupt(): Promise<void> {
    return this.client.interruptKernel(this.kernelId);
  }

  async answer(text: string): Promise<void> {
    if (this.#runId !== null) await this.client.answerPrompt(this.kernelId, this.#runId, text);
  }

  /** Stops listening; the run goes on. */
  leave(): void {
    this.#leaving.abort();
  }

  #told(entry: TranscriptEntry): void {
    switch (entry.type) {
      case 'output':
        if (entry.output.output_type === 'stream') this.#stream(entry.output.name, entry.output.text);
        else this.#print(outputText(entry.output, this.style));
        break;
      case 'streamText':
        this.#stream(entry.name, entry.text);
        break;
      case 'updateDisplay':
        this.#print(
          outputText({ output_type: 'display_data', data: entry.data, metadata: entry.metadata }, this.style),
        );
        break;
      case 'prompt':
        this.listener.asked(entry.text, entry.password);
        break;
      case 'finished':
        this.#print(entry.state === 'failed' ? '' : safeText(entry.reason ?? ''));
        break;
      case 'nextInput':
        this.#print(safeText(entry.text));
        break;
      case 'storedText':
      case 'editFile':
      case 'clear':
        break;
    }
  }

  #stream(name: string, text: string): void {
    const whole = this.#lines.add(text);
    if (whole !== '') this.listener.print(streamLines(name, whole, this.style.paint));
    this.listener.showLive(this.#lines.rest);
  }

  #print(text: string): void {
    const rest = this.#lines.take();
    this.listener.showLive('');
    for (const part of [rest, text]) if (part !== '') this.listener.print(part);
  }
}
