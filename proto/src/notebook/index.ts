export * from './json.js';
export * from './nbformat.js';
export * from './output-edit.js';
