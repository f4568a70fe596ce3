/** A document's outputs as its file has them: what lies outside is read from the output store's folder, within limits. */
import { open } from 'node:fs/promises';
import type { ContentHash, TextId } from '@cokernel/proto/hub';
import {
  decodeContent,
  displayInFile,
  storedBundle,
  textInFile,
  type JsonValue,
  type Output,
  type StoredText,
} from '@cokernel/proto/notebook';
import { isMissing } from '../room/notebook-file.js';
import { outputPath, textPath } from '../storage/outputs/output-paths.js';
import type { WorkerSettings } from './jobs.js';

export class WholeOutputs {
  constructor(
    private readonly settings: WorkerSettings,
    /** Bytes of the file so far. */
    private readonly written: () => number,
    private readonly isReadable: (name: ContentHash | TextId) => boolean,
  ) {}

  async inFile(output: Output): Promise<readonly Output[]> {
    switch (output.output_type) {
      case 'stream':
      case 'error':
        return output.stored === undefined ? [output] : this.text(output, output.stored);
      case 'display_data':
      case 'execute_result':
        return [await this.display(output)];
    }
  }

  private async text(
    output: Extract<Output, { output_type: 'stream' | 'error' }>,
    stored: StoredText,
  ): Promise<readonly Output[]> {
    // Outputs that are only counted in the document are several; the file's limit is theirs together.
    const hasRoom = stored.outputs === undefined ? this.mayCome(stored.bytes) : this.fits(stored.bytes);
    const bytes =
      hasRoom && this.isReadable(stored.sha256 ?? stored.id)
        ? await readStart(this.pathOf(stored), stored.bytes)
        : null;
    const whole = textInFile(output, bytes === null ? null : new TextDecoder().decode(bytes));
    if (stored.outputs === undefined || bytes === null) return whole;
    const outputs: Output[] = [];
    for (const one of whole) outputs.push(...(await this.inFile(one)));
    return outputs;
  }

  private async display<T extends Extract<Output, { readonly data: unknown }>>(output: T): Promise<T> {
    const contents = new Map<string, JsonValue>();
    for (const [mime, { sha256, bytes, base64 }] of Object.entries(storedBundle(output.data) ?? {})) {
      const size = base64 === undefined ? bytes : 4 * Math.ceil(bytes / 3);
      if (!this.mayCome(size) || !this.isReadable(sha256)) continue;
      const content = await readStart(outputPath(this.settings.outputsFolder, sha256), bytes);
      if (content !== null) contents.set(mime, decodeContent(mime, { bytes: content, base64 }));
    }
    return displayInFile(output, contents);
  }

  private pathOf({ id, sha256 }: StoredText): string {
    const { outputsFolder } = this.settings;
    return sha256 === null ? textPath(outputsFolder, id) : outputPath(outputsFolder, sha256);
  }

  private mayCome(bytes: number): boolean {
    return bytes <= this.settings.limits.output && this.fits(bytes);
  }

  private fits(bytes: number): boolean {
    return this.written() + bytes <= this.settings.limits.file;
  }
}

/** So many bytes; null when they are not there. */
async function readStart(path: string, length: number): Promise<Uint8Array | null> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (handle === null) return null;
  try {
    const bytes = Buffer.alloc(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await handle.read(bytes, read, length - read, read);
      if (bytesRead === 0) return null;
      read += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
