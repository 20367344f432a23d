export {
  bytesPerElement,
  type DataOf,
  type DType,
  elementCount,
  float32,
  type NdArray,
  uint8,
} from './nd-array.js';
