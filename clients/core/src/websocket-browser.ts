/** The WebSocket of the platform, in a browser: its own (package.json `imports` chooses between this file and websocket-node). */
export const PlatformWebSocket: typeof WebSocket = WebSocket;
