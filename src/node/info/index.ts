export {
  describeModel,
  describeShippedModel,
  type ModelReport,
  type ShippedModelReport,
} from './model.js';
export { describeSystem, type SystemReport } from './system.js';
