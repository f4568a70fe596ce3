/** What the notebook widget asks of a hub for outputs that a document has no room for. */
import type { HubClient, StoredName } from '@cokernel/core';
import type { ContentHash, FileId } from '@cokernel/proto/hub';

export interface StoredOutputs {
  /** Rejects with HubError. */
  read(sha256: ContentHash, signal: AbortSignal): Promise<Uint8Array>;
  /** Shows the whole text of an output to the person. */
  openText(text: OpenedText): void;
  downloadUrl(name: WithoutFile, fileName: string): string;
}

type WithoutFile = StoredName extends infer Name ? (Name extends unknown ? Omit<Name, 'fileId'> : never) : never;

export interface OpenedText {
  readonly title: string;
  readonly name: WithoutFile;
}

/** Of the notebook that the room has now: its file id is known once it was joined. */
export function storedOutputs(
  hub: HubClient,
  fileId: () => FileId | null,
  openText: (text: OpenedText) => void,
): StoredOutputs {
  return {
    openText,
    read: async (sha256, signal) => {
      const file = fileId();
      if (file === null) throw new Error('the notebook is not open yet');
      const { response } = await hub.readStoredOutput({ fileId: file, sha256 }, { signal });
      return new Uint8Array(await response.arrayBuffer());
    },
    downloadUrl: (name, download) => {
      const file = fileId();
      return file === null ? '' : hub.storedOutputUrl({ fileId: file, ...name }, { download });
    },
  };
}
