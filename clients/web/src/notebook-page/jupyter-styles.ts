/** The style sheets of JupyterLab's widgets, in the order in which they override one another; ours come last. */
import '@jupyterlab/notebook/style/index.js';
import '@jupyterlab/json-extension/style/index.js';
import './notebook.css';
