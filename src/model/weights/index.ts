export { checkWeightValues } from './check-values.js';
export { CHECKSUM_KEY } from './checksum.js';
export { fromFloat16, toFloat16 } from './float16.js';
export { safetensorsMetadata } from './metadata.js';
export {
  type ReadSafetensorsOptions,
  readSafetensors,
  type Safetensors,
  safetensorsLayout,
  writeSafetensors,
} from './safetensors.js';
