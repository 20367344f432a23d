export { LogitError } from './logit-error.js';
export { type Observation, type OpenSession, observe, type RunChoice } from './observe.js';
export { quantizedModel } from './quantized-model.js';
export { type Histogram, type RangeRule, rangeBy, rangeRules } from './range-rules.js';
