export { segmentCommand } from './command.js';
