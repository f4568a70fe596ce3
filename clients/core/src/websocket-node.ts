/** The WebSocket of the platform, in Node: Node 20 has none, so it is `ws` (kept out of a page's bundle by package.json `imports`). */
import { WebSocket as NodeWebSocket } from 'ws';

// `ws` offers the browser's interface, but its types describe a little more and a little less than the DOM's.
export const PlatformWebSocket = NodeWebSocket as unknown as typeof WebSocket;
