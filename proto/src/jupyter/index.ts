export * from './builders.js';
export * from './kernel-websocket.js';
export * from './message-parts.js';
export * from './message.js';
export * from './output-builders.js';
export * from './zmq-frames.js';
