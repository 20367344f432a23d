import { expect, test } from 'vitest';
import { input, symbol, type Tensor, variable } from '../engine/graph/index.js';
import { batchNormInference, conv2d, relu } from '../engine/ops/index.js';
import { computedGraph } from './compile-model.js';

const image = input('image', [1, 4, symbol('H'), symbol('W')]);
const vector = (name: string) => variable(name, [4]);
const norm = (x: Tensor) => batchNormInference(x, vector('γ'), vector('β'), vector('μ'), vector('σ²'));
const operands = (y: Tensor) => computedGraph({ y })[0]!.inputs.length;

test('the graph that memory follows from has a bias where a batch norm was folded, and nothing where none can be', () => {
  const convolved = conv2d(image, variable('w', [4, 4, 1, 1]));
  expect(operands(norm(convolved))).toBe(3);
  expect(operands(norm(relu(convolved)))).toBe(1);
});
