/** Bundles the harness as the page itself is bundled. */
import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vite';
import page from '../../vite.config.js';

export default mergeConfig(page, { root: fileURLToPath(new URL('.', import.meta.url)), logLevel: 'warn' });
