/** The WebSocket of the platform, in Node: Node 20 has none, so it is `ws` (kept out of a page's bundle by package.json `imports`). */
import { WebSocket as NodeWebSocket } from 'ws';

/**
 * As in a browser, each message is an event of its own turn. `ws` would tell several that came together in one turn, before
 * anything that waits for the first of them: the welcome would undo an event that came behind it.
 */
class TurnwiseWebSocket extends NodeWebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols, { allowSynchronousEvents: false });
  }
}

// `ws` offers the browser's interface, but its types describe a little more and a little less than the DOM's.
export const PlatformWebSocket = TurnwiseWebSocket as unknown as typeof WebSocket;
