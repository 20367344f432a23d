export { checkWeightValues } from './check-values.js';
export { fromFloat16, toFloat16 } from './float16.js';
export { readSafetensors, type Safetensors, writeSafetensors } from './safetensors.js';
