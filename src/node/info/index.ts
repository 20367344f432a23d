export { describeModel, type ModelReport } from './model.js';
export { describeSystem, type SystemReport } from './system.js';
