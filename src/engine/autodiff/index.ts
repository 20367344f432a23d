export { type GradientOptions, gradients } from './gradients.js';
export { gradientsBySegments, type Segment } from './recompute.js';
