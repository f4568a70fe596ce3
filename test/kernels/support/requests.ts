/** A request of each kind that a kernel may know, by the name before `_request`, with content that it can answer. */
import { buildMessage, completeRequest, inspectRequest, isCompleteRequest } from '@cokernel/proto/jupyter';
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';

export function shellRequest(sender: Sender, what: string): KernelMessage {
  switch (what) {
    case 'complete':
      return completeRequest(sender, 'co', 2);
    case 'inspect':
      return inspectRequest(sender, 'console', 4);
    case 'is_complete':
      return isCompleteRequest(sender, '1 + 1');
    case 'history':
      return request(sender, 'shell', what, { hist_access_type: 'tail', n: 1, output: false, raw: true });
    default:
      return request(sender, 'shell', what, {});
  }
}

export function controlRequest(sender: Sender, what: string): KernelMessage {
  const debugInfo = { seq: 1, type: 'request', command: 'debugInfo', arguments: {} };
  return request(sender, 'control', what, what === 'debug' ? debugInfo : {});
}

function request(sender: Sender, channel: 'shell' | 'control', what: string, content: object): KernelMessage {
  return buildMessage(sender, { channel, msgType: `${what}_request`, content: { ...content } });
}
