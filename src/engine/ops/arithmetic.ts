import { checkArgument } from '../../base/errors/index.js';
import { apply, scalar, shapeError, type Tensor } from '../graph/index.js';
import { elementwise, oneNode } from './elementwise.js';

/** A tensor, or a number that broadcasts as a scalar. */
export type Operand = Tensor | number;

function tensorOf(operand: Operand): Tensor {
  return typeof operand === 'number' ? scalar(operand) : operand;
}

const addOperator = elementwise({
  name: 'add',
  half: true,
  compute: ([a, b]) => a! + b!,
  gradient: (g) => [g, g],
  onnx: oneNode('Add'),
});

const subOperator = elementwise({
  name: 'sub',
  compute: ([a, b]) => a! - b!,
  gradient: (g, _, [, second]) => [g, second ? neg(g) : null],
  onnx: oneNode('Sub'),
});

const mulOperator = elementwise({
  name: 'mul',
  compute: ([a, b]) => a! * b!,
  gradient(g, { inputs: [a, b] }, [first, second]) {
    return [first ? mul(g, b!) : null, second ? mul(g, a!) : null];
  },
  onnx: oneNode('Mul'),
});

const divOperator = elementwise({
  name: 'div',
  compute: ([a, b]) => a! / b!,
  // ∂(a/b)/∂b = −(a/b)/b
  gradient(g, result, [first, second]) {
    const b = result.inputs[1]!;
    return [first ? div(g, b) : null, second ? neg(div(mul(g, result), b)) : null];
  },
  onnx: oneNode('Div'),
});

const negOperator = elementwise({
  name: 'neg',
  compute: ([x]) => -x!,
  gradient: (g) => [neg(g)],
  onnx: oneNode('Neg'),
});

const addAllOperator = elementwise({
  name: 'addAll',
  compute: (operands) => operands.reduce((sum, x) => sum + x, 0),
  gradient: (g, { inputs }) => inputs.map(() => g),
  // Not ONNX's Sum: WebGPU has no kernel for it, and on the CPU a chain of Add, in place, is as fast.
  onnx: (emitter, operands) => operands.reduce((sum, x) => emitter.node('Add', [sum, x])),
});

/** a + b, broadcasting. */
export function add(a: Operand, b: Operand): Tensor {
  return apply(addOperator, [tensorOf(a), tensorOf(b)], undefined);
}

/** a − b, broadcasting. */
export function sub(a: Operand, b: Operand): Tensor {
  return apply(subOperator, [tensorOf(a), tensorOf(b)], undefined);
}

/** a · b elementwise, broadcasting. */
export function mul(a: Operand, b: Operand): Tensor {
  return apply(mulOperator, [tensorOf(a), tensorOf(b)], undefined);
}

/** a / b elementwise, broadcasting. */
export function div(a: Operand, b: Operand): Tensor {
  return apply(divOperator, [tensorOf(a), tensorOf(b)], undefined);
}

export function neg(x: Tensor): Tensor {
  return apply(negOperator, [x], undefined);
}

/** The sum of any number of tensors, broadcasting; cheaper than a chain of additions. */
export function addAll(tensors: readonly Tensor[]): Tensor {
  checkArgument(Array.isArray(tensors), 'addAll', 'a list of tensors', tensors);
  if (tensors.length === 0) shapeError('addAll', 'at least one tensor', 'none');
  return tensors.length === 1 ? tensors[0]! : apply(addAllOperator, [...tensors], undefined);
}
