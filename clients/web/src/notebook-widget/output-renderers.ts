/**
 * Jupyter's own renderers for outputs and Markdown. Nothing that a kernel or a file brings ever runs as script in
 * the page: HTML and Markdown are sanitised whatever the cell claims about trust, SVG is shown as an image, and
 * JavaScript has no renderer here.
 */
import { rendererFactory as jsonFactory } from '@jupyterlab/json-extension';
import {
  errorRendererFactory,
  htmlRendererFactory,
  imageRendererFactory,
  latexRendererFactory,
  markdownRendererFactory,
  MimeModel,
  RenderMimeRegistry,
  svgRendererFactory,
  textRendererFactory,
  type IRenderMime,
} from '@jupyterlab/rendermime';
import { latexTypesetter } from './latex-typesetter.js';
import { markdownParser } from './markdown-parser.js';
import type { StoredOutputs } from './stored-outputs.js';
import { storedFactory } from './stored-renderer.js';

function withTrust(model: IRenderMime.IMimeModel, trusted: boolean): IRenderMime.IMimeModel {
  return new MimeModel({
    data: model.data,
    metadata: model.metadata,
    trusted,
    callback: (options) => model.setData(options),
  });
}

/** The same renderer, which is told `trusted` whatever the output says of itself. */
function fixedTrust(factory: IRenderMime.IRendererFactory, trusted: boolean): IRenderMime.IRendererFactory {
  return {
    ...factory,
    safe: true,
    createRenderer: (options) => {
      const renderer = factory.createRenderer(options);
      const render = renderer.renderModel.bind(renderer);
      renderer.renderModel = (model) => render(withTrust(model, trusted));
      return renderer;
    },
  };
}

const factories: readonly IRenderMime.IRendererFactory[] = [
  fixedTrust(htmlRendererFactory, false),
  fixedTrust(markdownRendererFactory, false),
  latexRendererFactory,
  // As the source of an <img>: an SVG there can neither run scripts nor fetch anything.
  fixedTrust(svgRendererFactory, true),
  imageRendererFactory,
  { ...jsonFactory, defaultRank: 75 },
  textRendererFactory,
  errorRendererFactory,
];

/** The renderers of one notebook. */
export function buildRenderers(outputs: StoredOutputs): RenderMimeRegistry {
  const renderers = new RenderMimeRegistry({ initialFactories: factories, latexTypesetter, markdownParser });
  renderers.addFactory(storedFactory(() => renderers, outputs));
  return renderers;
}
