export { fromFloat16, toFloat16 } from './float16.js';
export { readSafetensors, type Safetensors, writeSafetensors } from './safetensors.js';
