/** The style sheets of JupyterLab's widgets, in the order in which they override one another; ours, beside the components, come after them. */
import '@jupyterlab/notebook/style/index.js';
import '@jupyterlab/json-extension/style/index.js';
import './jupyter-variables.css';
