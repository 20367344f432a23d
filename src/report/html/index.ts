export { escapeHtml } from './escape.js';
export { pageStyle } from './page-style.js';
