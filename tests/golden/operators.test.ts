import { describe, expect, test } from 'vitest';
import type { NdArray } from '../../src/base/arrays.js';
import { gradients } from '../../src/engine/autodiff.js';
import { constant, type Input, input, type Tensor, type Value } from '../../src/engine/graph/index.js';
import { interpret } from '../../src/engine/interpret.js';
import { mul, sum } from '../../src/engine/ops/index.js';
import { expectClose } from '../support/check-operator.js';
import { runOnnx } from '../support/run-onnx.js';
import { type OperatorCase, operandValue, readFixture, unpack } from './fixture.js';
import { namedValues } from './named-values.js';
import { operatorBuilders } from './operator-builders.js';

/** Of each tensor's largest magnitude. Float64 differs from PyTorch's by the order of its sums alone. */
const INTERPRETER_TOLERANCE = 1e-10;
const ONNX_RUNTIME_TOLERANCE = 1e-5;

describe.each(['convolution', 'transposed-convolution', 'batch-norm', 'pooling', 'resize', 'cross-entropy'])(
  '%s as PyTorch computes it in float64',
  (file) => {
    const { cases } = readFixture<{ cases: OperatorCase[] }>(`operators/${file}.json`);
    test.each(cases.map((each) => [each.name, each] as const))('%s', async (_, each) => {
      const leaves = new Map<string, Input>();
      const given = new Map<Tensor, Value>();
      for (const [name, operand] of Object.entries(each.operands)) {
        const leaf = input(name, operand.shape);
        leaves.set(name, leaf);
        given.set(leaf, operandValue(each.name, name, operand));
      }
      const build = operatorBuilders[each.operator]!;
      const outputs = { ...build(Object.fromEntries(leaves), each) };
      const expected: Record<string, Value> = {};
      for (const [name, packed] of Object.entries(each.results)) expected[name] = unpack(packed);

      const differentiated = outputs[Object.keys(each.results)[0]!]!;
      const shape = differentiated.shape as number[];
      const cotangent = constant(namedValues(`${each.name}/cotangent`, shape), shape);
      const wanted = Object.keys(each.gradients);
      const found = gradients(
        sum(mul(differentiated, cotangent)),
        wanted.map((name) => leaves.get(name)!),
      );
      for (const name of wanted) {
        outputs[`gradient of ${name}`] = found.get(leaves.get(name)!)!;
        expected[`gradient of ${name}`] = unpack(each.gradients[name]!);
      }

      const names = Object.keys(expected);
      const interpreted = interpret(
        names.map((name) => outputs[name]!),
        given,
      );
      const actual = await runOnnx(outputs, float32Feeds(given));
      names.forEach((name, i) => {
        const { shape, data } = expected[name]!;
        expect([...interpreted[i]!.shape], `shape of ${name}`).toEqual(shape);
        expectClose(interpreted[i]!.data, data, INTERPRETER_TOLERANCE, `${name} in the interpreter`);
        expectClose(actual[name]!.data, data, ONNX_RUNTIME_TOLERANCE, `${name} in ONNX Runtime`);
      });
    });
  },
);

function float32Feeds(given: ReadonlyMap<Tensor, Value>): Record<string, NdArray> {
  return Object.fromEntries(
    [...given].map(([leaf, { shape, data }]) => [
      (leaf as Input).attributes.name,
      { dtype: 'float32', shape, data: Float32Array.from(data) },
    ]),
  );
}
