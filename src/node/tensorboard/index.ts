export { Board, EXAMPLES } from './board.js';
