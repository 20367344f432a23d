/**
 * `hmsa/engine`: symbolic tensors and operators, their gradients, the way to ONNX, and sessions of ONNX Runtime. It runs in
 * a browser as in Node. What has a name here is public; everything else may change without notice.
 */
export {
  type DataOf,
  type DType,
  elementCount,
  float32,
  type NdArray,
  type OwnBytes,
  type OwnFloats,
  type OwnHalves,
  uint8,
} from '../base/arrays.js';
export { type ErrorParts, HmsaError } from '../base/errors/index.js';
export { KEY_WORDS, type KeyPart, keyWords } from '../base/random/index.js';
export { type GradientOptions, gradients, gradientsBySegments, type Segment } from './autodiff.js';
export {
  type AffineDim,
  affine,
  apply,
  broadcastShapes,
  type Constant,
  type ConstantAttributes,
  constant,
  type Dim,
  evaluateDim,
  expectDType,
  expectRank,
  type Input,
  type InputAttributes,
  input,
  isConstant,
  isInput,
  isVariable,
  type Leaf,
  type OnnxAttribute,
  type OnnxEmitter,
  type Operator,
  type Pass,
  type ProductDim,
  type Program,
  product,
  reachable,
  rebuild,
  resolveAxis,
  type ScaledDim,
  type SymbolDim,
  type SymbolicDim,
  scalar,
  scaled,
  shapeError,
  staticShape,
  symbol,
  type Tensor,
  type TensorType,
  type Value,
  type Variable,
  type VariableAttributes,
  type VariableOptions,
  type VariableRole,
  variable,
} from './graph/index.js';
export { interpret } from './interpret.js';
export { compile, type FileNotes, lower, onnxMetadata } from './onnx/lower.js';
export * as ops from './ops/index.js';
export {
  convolveBeforeResize,
  dropStopGradients,
  dropUnused,
  foldBatchNorm,
  mergeCommon,
  resizeInBlocks,
  simplify,
} from './passes/index.js';
export {
  createSession,
  DEVICES,
  type Device,
  type NamedArrays,
  type OrtInferenceSession,
  type OrtModule,
  type OrtSessionOptions,
  type OrtTensor,
  type OrtValueMetadata,
  type RunOptions,
  type Session,
  type SessionInfo,
  type SessionOptions,
  type SiblingOptions,
  type TensorInfo,
  type TransferOption,
} from './runtime/index.js';
