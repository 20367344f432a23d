export { canHold } from './can-hold.js';
export {
  arrayTypes,
  bytesPerElement,
  type DataOf,
  type DType,
  elementCount,
  float32,
  type NdArray,
  type OwnBytes,
  type OwnFloats,
  type OwnHalves,
  uint8,
} from './nd-array.js';
