/** What kernels and clients say about comms, in short, for tests. */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { buildMessage, statusMessage } from '@cokernel/proto/jupyter';

const date = '2026-01-01T00:00:00.000Z';
let counter = 0;

interface CommMessage {
  readonly type: 'comm_open' | 'comm_msg' | 'comm_close' | 'comm_info_request' | 'comm_info_reply';
  readonly id?: string;
  readonly content?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
  readonly parent?: KernelMessage['header'];
}

function message(session: string, channel: 'shell' | 'iopub', { type, id, content, buffers, parent }: CommMessage) {
  counter += 1;
  return buildMessage(
    { msgId: `comm-${String(counter)}`, session, username: session, date },
    {
      channel,
      msgType: type,
      content: { ...(id === undefined ? {} : { comm_id: id }), ...content },
      ...(buffers === undefined ? {} : { buffers }),
      ...(parent === undefined ? {} : { parent }),
    },
  );
}

export const kernelSays = (said: CommMessage): KernelMessage => message('kernel', 'iopub', said);
export const clientSays = (session: string, said: CommMessage): KernelMessage => message(session, 'shell', said);

/** The kernel begins with this request. */
export function begins(request: KernelMessage): KernelMessage {
  counter += 1;
  const sender = { msgId: `comm-${String(counter)}`, session: 'kernel', username: 'kernel', date };
  return statusMessage({ ...sender, parent: request.header }, 'busy');
}

export function widgetOpens(id: string, state: Readonly<Record<string, unknown>>, more: Partial<CommMessage> = {}) {
  return kernelSays({ type: 'comm_open', id, content: { target_name: 'jupyter.widget', data: { state } }, ...more });
}

export function widgetUpdate(state: Readonly<Record<string, unknown>>, method = 'update') {
  return { data: { method, state, buffer_paths: [] } };
}
