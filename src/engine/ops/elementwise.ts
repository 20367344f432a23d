import {
  broadcastShapes,
  expectDType,
  type OnnxAttribute,
  type Operator,
  type Tensor,
  type Value,
} from '../graph/index.js';

/** The parts in which float32 elementwise operators differ. All of them broadcast. */
export interface Elementwise<Attributes> {
  readonly name: string;
  readonly compute: (operands: readonly number[], attributes: Attributes) => number;
  readonly gradient: Operator<Attributes>['gradient'];
  readonly onnx: Operator<Attributes>['onnx'];
  /** Whether its operands may be float16 instead, all of them. Only the pass `halve` makes such. */
  readonly half?: true;
}

/** Makes an operator of a function of numbers. It is applied element by element to operands that broadcast. */
export function elementwise<Attributes = undefined>(rule: Elementwise<Attributes>): Operator<Attributes> {
  return {
    name: rule.name,
    shape(inputs) {
      const dtype = rule.half && inputs[0]?.dtype === 'float16' ? 'float16' : 'float32';
      for (const operand of inputs) expectDType(rule.name, 'an operand', operand, dtype);
      return { shape: broadcastShapes(rule.name, ...inputs.map(({ shape }) => shape)), dtype };
    },
    reference(inputs, attributes, output) {
      const indices = inputs.map((operand) => broadcastIndices(operand, output));
      const result = new Float64Array(output.reduce((product, side) => product * side, 1));
      const operands = new Array<number>(inputs.length);
      for (let i = 0; i < result.length; i++) {
        for (let k = 0; k < inputs.length; k++) operands[k] = inputs[k]!.data[indices[k]![i]!]!;
        result[i] = rule.compute(operands, attributes);
      }
      return result;
    },
    gradient: rule.gradient,
    onnx: rule.onnx,
  };
}

/** The ONNX form of an operator that is a single node. */
export function oneNode<Attributes>(
  operator: string,
  attributesOf: (
    attributes: Attributes,
    result: Tensor<Attributes>,
  ) => Record<string, OnnxAttribute> = () => ({}),
): Operator<Attributes>['onnx'] {
  return (emitter, inputs, result) => emitter.node(operator, inputs, attributesOf(result.attributes, result));
}

/** For every element of the output, the index of the element of `value` that broadcasting pairs with it. */
export function broadcastIndices(value: Value, output: readonly number[]): Int32Array {
  const count = output.reduce((product, side) => product * side, 1);
  const strides = broadcastStrides(value.shape, output.length);
  const indices = new Int32Array(count);
  const position = new Array<number>(output.length).fill(0);
  let source = 0;
  for (let i = 0; i < count; i++) {
    indices[i] = source;
    for (let axis = output.length - 1; axis >= 0; axis--) {
      position[axis]!++;
      source += strides[axis]!;
      if (position[axis]! < output[axis]!) break;
      source -= strides[axis]! * output[axis]!;
      position[axis] = 0;
    }
  }
  return indices;
}

/** Row-major strides aligned with the last axes; 0 where a side of 1 stretches. */
function broadcastStrides(shape: readonly number[], rank: number): number[] {
  const strides = new Array<number>(rank).fill(0);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) strides[axis + rank - shape.length] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}
