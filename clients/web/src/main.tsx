/** Starts the page. */
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import './theme/theme.css';
import { followTheme } from './theme/theme.js';

followTheme();
const root = document.getElementById('root');
if (root === null) throw new Error('index.html lacks #root');
createRoot(root).render(<App />);
