import { apply, type Tensor } from '../graph/index.js';
import { mul } from './arithmetic.js';
import { elementwise, oneNode } from './elementwise.js';
import { heaviside } from './heaviside.js';

// Both gradients are computed from the result, so the backward pass does not need the operand.

const reluOperator = elementwise({
  name: 'relu',
  compute: ([x]) => Math.max(x!, 0),
  gradient: (g, y) => [mul(g, heaviside(y, 0))],
  onnx: oneNode('Relu'),
});

const relu6Operator = elementwise({
  name: 'relu6',
  compute: ([x]) => Math.min(Math.max(x!, 0), 6),
  gradient: (g, y) => [mul(g, mul(heaviside(y, 0), heaviside(y, 6, -1)))],
  onnx: (emitter, [x]) => emitter.node('Clip', [x!, emitter.float(0), emitter.float(6)]),
});

/** max(x, 0); no gradient passes at 0. */
export function relu(x: Tensor): Tensor {
  return apply(reluOperator, [x], undefined);
}

/** min(max(x, 0), 6), MobileNet's activation; no gradient passes at 0 and 6. */
export function relu6(x: Tensor): Tensor {
  return apply(relu6Operator, [x], undefined);
}
