/**
 * A stock y-websocket program that comes with a document of another history under the session that the hub has now, as
 * JupyterLab does after its server was set up anew.
 */
import type { HubAddress } from '@cokernel/core';
import { CellId } from '@cokernel/proto/hub';
import { fillDocument, makeCodeCell, makeNotebook } from '@cokernel/proto/notebook';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { z } from 'zod';
import { until } from '../../end-to-end/support/until.js';

const Session = z.object({ fileId: z.string(), sessionId: z.string() });
const Reason = z.object({ reason: z.string(), reloadable: z.literal(true) });

/** Resolves when the hub has sent it away; rejects when it lets it in. `word` is what its document says. */
export async function comeWithOldHistory(address: HubAddress, path: string, word: string): Promise<void> {
  // A hub that is just being killed is asked again.
  const session = (): Promise<z.infer<typeof Session> | null> => sessionOf(address, path).catch(() => null);
  const { fileId, sessionId } = await until('the session of an old history', session);
  const doc = new Y.Doc();
  fillDocument(doc, makeNotebook([{ ...makeCodeCell(`${word}\n`), id: CellId.parse('old') }]));
  const provider = new WebsocketProvider(
    `${address.url.replace(/^http/, 'ws')}/api/collaboration/room`,
    `json:notebook:${fileId}`,
    doc,
    {
      disableBc: true,
      WebSocketPolyfill: Object.assign(WebSocket),
      params: { sessionId, token: address.token ?? '' },
    },
  );
  let closed: { readonly code: number; readonly reason: string } | null = null;
  provider.on('connection-close', (event) => {
    if (event?.code === 1003) closed = event;
  });
  try {
    const { code, reason } = await until('an old history to be sent away', () => closed);
    const told = Reason.safeParse(JSON.parse(reason)).data?.reason;
    if (told !== 'version_mismatch') throw new Error(`an old history was closed by ${String(code)} ${reason}`);
  } finally {
    provider.destroy();
    doc.destroy();
  }
}

async function sessionOf({ url, token }: HubAddress, path: string): Promise<z.infer<typeof Session>> {
  const response = await fetch(`${url}/api/collaboration/session/${path}`, {
    method: 'PUT',
    headers: { authorization: `token ${token ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify({ format: 'json', type: 'notebook' }),
  });
  return Session.parse(await response.json());
}
