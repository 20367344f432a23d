import {
  broadcastShapes,
  expectDType,
  type OnnxAttribute,
  type Operator,
  type Tensor,
} from '../graph/index.js';
import { broadcastIndices } from './broadcast.js';

/** The parts in which float32 elementwise operators differ. All of them broadcast. */
export interface Elementwise<Attributes> {
  readonly name: string;
  readonly compute: (operands: readonly number[], attributes: Attributes) => number;
  readonly gradient: Operator<Attributes>['gradient'];
  readonly onnx: Operator<Attributes>['onnx'];
}

/** Makes an operator of a function of numbers. It is applied element by element to operands that broadcast. */
export function elementwise<Attributes = undefined>(rule: Elementwise<Attributes>): Operator<Attributes> {
  return {
    name: rule.name,
    shape(inputs) {
      for (const operand of inputs) expectDType(rule.name, 'an operand', operand, 'float32');
      return { shape: broadcastShapes(rule.name, ...inputs.map(({ shape }) => shape)), dtype: 'float32' };
    },
    reference(inputs, attributes, output) {
      const indices = inputs.map((operand) => broadcastIndices(operand, output));
      const count = output.reduce((product, side) => product * side, 1);
      return Float64Array.from({ length: count }, (_, i) =>
        rule.compute(
          inputs.map((operand, k) => operand.data[indices[k]![i]!]!),
          attributes,
        ),
      );
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
