/** How the page is bundled into `dist/`, which the hub serves: everything inside, nothing fetched from elsewhere. */
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** JupyterLab's icon modules import SVG files as text; without this they would get a URL and fail to parse it. */
function svgAsTextForJupyterLab(): Plugin {
  return {
    name: 'svg-as-text-for-jupyterlab',
    enforce: 'pre',
    async resolveId(source, importer) {
      const fromCode = importer !== undefined && /@jupyterlab\/.*\.js$/.test(importer);
      if (!fromCode || !source.endsWith('.svg')) return null;
      const resolved = await this.resolve(source, importer, { skipSelf: true });
      return resolved === null ? null : `${resolved.id}?raw`;
    },
  };
}

const hub = process.env['COKERNEL_HUB'] ?? 'http://127.0.0.1:8765';

export default defineConfig({
  plugins: [svgAsTextForJupyterLab(), react()],
  define: { global: 'globalThis', __dirname: '"/"' },
  resolve: {
    alias: [{ find: /^~(.*)$/, replacement: '$1' }],
    dedupe: ['react', 'react-dom', 'yjs', '@lumino/widgets', '@codemirror/state', '@codemirror/view'],
  },
  build: { target: 'es2022', chunkSizeWarningLimit: 4000 },
  server: { proxy: { '/api': { target: hub, ws: true } } },
});
