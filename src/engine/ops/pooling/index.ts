export { averagePool2d, globalAveragePool } from './average.js';
export { maxPool2d } from './max.js';
export type { PoolingOptions } from './window.js';
