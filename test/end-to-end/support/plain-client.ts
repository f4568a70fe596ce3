/** A stock y-websocket program: it knows Jupyter's collaboration endpoints and nothing of hub frames. */
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import type { HubProcess } from './hub-process.js';
import type { Scratch } from './scratch.js';
import { until } from './until.js';

export interface PlainClient {
  readonly doc: Y.Doc;
  readonly epoch: string;
}

/** Joins the room of a notebook and resolves when it has its state. */
export async function joinPlainly(scratch: Scratch, hub: HubProcess, path: string): Promise<PlainClient> {
  const { fileId, sessionId } = await openSession(hub, path);
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(
    `${hub.url.replace(/^http/, 'ws')}/api/collaboration/room`,
    room(fileId),
    doc,
    {
      // Else two clients of one process would meet past the hub.
      disableBc: true,
      WebSocketPolyfill: Object.assign(WebSocket),
      params: { sessionId, token: hub.token },
    },
  );
  scratch.atEnd(() => {
    provider.destroy();
    doc.destroy();
  });
  await until('the plain client to be in step', () => provider.synced);
  return { doc, epoch: sessionId };
}

function room(fileId: string): string {
  return `json:notebook:${fileId}`;
}

/** The notebook's file id and epoch, as stock JupyterLab asks for them. */
export async function openSession(
  hub: Pick<HubProcess, 'url' | 'token'>,
  path: string,
): Promise<{ readonly fileId: string; readonly sessionId: string }> {
  const response = await fetch(`${hub.url}/api/collaboration/session/${path}`, {
    method: 'PUT',
    headers: { authorization: `token ${hub.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ format: 'json', type: 'notebook' }),
  });
  const session: unknown = await response.json();
  if (!isSession(session)) throw new Error(`PUT session answered ${response.status}: ${JSON.stringify(session)}`);
  return session;
}

function isSession(value: unknown): value is { readonly fileId: string; readonly sessionId: string } {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'fileId' in value && typeof value.fileId === 'string' && 'sessionId' in value && typeof value.sessionId === 'string'
  );
}
