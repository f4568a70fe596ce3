/** A stock y-websocket client that types now and then, and notes when it sees a word that it waits for. */
import { CellId } from '@cokernel/proto/hub';
import { findCell, sourceText } from '@cokernel/proto/notebook';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

export interface RoomAddress {
  readonly port: number;
  readonly token: string;
  readonly fileId: string;
  readonly sessionId: string;
}

export class CrowdMember {
  readonly doc = new Y.Doc();
  readonly words: string[] = [];
  /** When it saw the word that it was told to wait for last. */
  sawAt: number | null = null;
  private readonly provider: WebsocketProvider;

  constructor({ port, token, fileId, sessionId }: RoomAddress) {
    const url = `ws://127.0.0.1:${port}/api/collaboration/room`;
    this.provider = new WebsocketProvider(url, `json:notebook:${fileId}`, this.doc, {
      // Else the clients of one process would meet past the hub.
      disableBc: true,
      WebSocketPolyfill: Object.assign(WebSocket),
      params: { sessionId, token },
    });
  }

  get synced(): boolean {
    return this.provider.synced;
  }

  /** `sawAt` is the time from which on it sees this word in the cell. */
  expect(cellId: string, word: string): void {
    this.sawAt = null;
    const look = (): void => {
      if (!this.text(cellId).toString().includes(word)) return;
      this.doc.off('update', look);
      this.sawAt = Date.now();
    };
    this.doc.on('update', look);
  }

  /** In a line of its own, at the end. */
  type(cellId: string, word: string): void {
    const text = this.text(cellId);
    text.insert(text.length, `${word}\n`);
    this.words.push(word);
  }

  private text(cellId: string): Y.Text {
    const cell = findCell(this.doc, CellId.parse(cellId));
    const text = cell === null ? null : sourceText(cell);
    if (text === null) throw new Error(`cell '${cellId}' is not in the document`);
    return text;
  }
}
