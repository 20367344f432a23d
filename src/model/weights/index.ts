export { checkWeightValues } from './check-values.js';
export { CHECKSUM_KEY } from './checksum.js';
export { fromFloat16, toFloat16 } from './float16.js';
export {
  type ReadSafetensorsOptions,
  readSafetensors,
  type Safetensors,
  safetensorsLayout,
  safetensorsMetadata,
  writeSafetensors,
} from './safetensors.js';
