export { type ReadAhead, readAhead } from './read-ahead.js';
