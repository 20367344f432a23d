export {
  type AffineDim,
  affine,
  type Dim,
  dimText,
  equalDims,
  evaluateDim,
  expectDim,
  type ProductDim,
  product,
  type ScaledDim,
  type SymbolDim,
  type SymbolicDim,
  scaled,
  symbol,
} from './dim.js';
export type { OnnxAttribute, OnnxEmitter } from './emitter.js';
export {
  expectKnownDType,
  expectName,
  expectNamedTensors,
  expectNumbers,
  expectShape,
} from './expect.js';
export {
  type Constant,
  type ConstantAttributes,
  constant,
  constantNumbers,
  expectVariable,
  type Input,
  type InputAttributes,
  input,
  isConstant,
  isInput,
  isVariable,
  type Leaf,
  scalar,
  type Variable,
  type VariableAttributes,
  type VariableOptions,
  type VariableRole,
  variable,
} from './leaves.js';
export { peakBytes } from './peak-bytes.js';
export { expectProgram, type Pass, type Program } from './program.js';
export { rebuild, substitute } from './rebuild.js';
export {
  broadcastShapes,
  describe,
  equalShapes,
  expectDType,
  expectRank,
  resolveAxis,
  shapeError,
  shapeText,
  staticShape,
  staticSide,
} from './shapes.js';
export {
  apply,
  expectTensor,
  type Operator,
  type Tensor,
  type TensorType,
  tensorsOf,
  type Value,
} from './tensor.js';
export { reachable } from './traverse.js';
