import { create } from '@bufbuild/protobuf';
import { NodeProtoSchema } from 'onnx-buf';
import { expect, test } from 'vitest';
import { breadthFirst } from './node-order.js';

function ordered(...nodes: readonly (readonly [opType: string, input: string, output: string])[]): string {
  const protos = nodes.map(([opType, input, output]) =>
    create(NodeProtoSchema, { opType, input: input.split(' '), output: [output] }),
  );
  return breadthFirst(protos)
    .map(({ output }) => output[0])
    .join(' ');
}

test('A node comes as soon as its operands are there, after those that were ready before it.', () => {
  expect(
    ordered(
      ['Conv', 'x w', 'a'],
      ['Relu', 'a', 'b'],
      ['Conv', 'b v', 'c'],
      ['Mul', 'c c', 'd'],
      ['HardSigmoid', 'a', 'mask of a'],
      ['Mul', 'mean 0.9', 'kept mean'],
    ),
  ).toBe('a|kept mean|b|mask of a|c|d'.replaceAll('|', ' '));
});

test('The operands of an addition keep their order, although the second is ready first.', () => {
  const branches = [
    ['Relu', 'x', 'a'],
    ['Relu', 'a', 'b'],
    ['Relu', 'b', 'first'],
    ['Neg', 'x', 'second'],
  ] as const;
  expect(ordered(...branches, ['Add', 'second first', 'y'])).toBe('a b first second y');
  expect(ordered(...branches, ['Mul', 'second first', 'y'])).toBe('a second b first y');
});
