export * from './calls.js';
export * from './close-codes.js';
export * from './events.js';
export * from './hub-frame.js';
export * from './ids.js';
export * from './roles.js';
export * from './source-hash.js';
export * from './views.js';
