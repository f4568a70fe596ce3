/** Where the built programs lie that a user starts. */
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export const repository = {
  root,
  hub: `${root}hub/dist/main.js`,
  terminal: `${root}clients/cli/bin/cokernel.js`,
  deno: `${root}node_modules/deno/bin.cjs`,
  pictures: `${root}docs/pictures`,
  examples: `${root}examples`,
} as const;
