import { describe, expect, test } from 'vitest';
import { expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { gradients } from '../../engine/autodiff.js';
import { input, type Tensor, type Value } from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import { sum } from '../../engine/ops/index.js';
import { Builder } from '../layers/index.js';
import { type TransposedAttentionConfig, transposedAttention } from './own-scale.js';

/** The attention map of a context at stride 16, in front of fused features at stride 4. */
function mapOf({ root }: Builder, context: Tensor, config: TransposedAttentionConfig): Tensor {
  const fused = { tensor: context, stride: 4 };
  const output = { logits: context, features: { context: { tensor: context, stride: 16 }, fused } };
  const outputs = [1, 0.5].map((scale) => ({ scale, ...output }));
  return transposedAttention.weigh(() => root, outputs, config).weights.get(0.5)!;
}

const [channels, height, width] = [4, 3, 5];
const shape = [1, channels, height, width];

/** The attention with random weights, as a function of the context. */
function attention(config: TransposedAttentionConfig) {
  const context = input('context', shape);
  const builder = new Builder({ inference: true });
  const map = mapOf(builder, context, config);
  const given = new Map<Tensor, Value>();
  let seed = 0;
  for (const { variable } of builder.declared.values()) {
    const sides = variable.attributes.shape;
    const noise = randomArray(
      sides.reduce((a, b) => a * b, 1),
      ++seed,
    );
    // Variances above 0, and biases that keep the rectifiers open.
    const isPositive = /running_var|bias/.test(variable.attributes.name);
    given.set(variable, { shape: sides, data: noise.map((x) => (isPositive ? 1.5 + x / 2 : x / 2)) });
  }
  return (data: Float64Array) => interpret([map], new Map([...given, [context, { shape, data }]]))[0]!;
}

/** Each channel of a value of its own, the same everywhere. */
const even = Float64Array.from({ length: channels * height * width }, (_, i) =>
  Math.floor(i / (height * width) + 1),
);

const spread = (map: Value) => Math.max(...map.data) - Math.min(...map.data);
const inner = ({ data }: Value) =>
  [...data].filter((_, i) => {
    const [row, column] = [Math.floor(i / (4 * width)), i % (4 * width)];
    return Math.min(row, column, 4 * height - 1 - row, 4 * width - 1 - column) >= 3;
  });

describe.each([true, false])('attention by transposed convolutions, depthwise %s', (depthwise) => {
  test('is even where its context is, with repeated edges and even phases', () => {
    const map = attention({ name: 'transposed', depthwise, edges: 'replicate', evenPhases: true })(even);
    expect(map.shape).toEqual([1, 1, 4 * height, 4 * width]);
    expect(spread(map)).toBeLessThan(1e-12);
  });

  test('without the one it has a frame, without the other a grid', () => {
    const framed = attention({ name: 'transposed', depthwise, evenPhases: true })(even);
    const values = inner(framed);
    expect(Math.max(...values) - Math.min(...values)).toBeLessThan(1e-12);
    expect(spread(framed)).toBeGreaterThan(1e-3);
    const grid = attention({ name: 'transposed', depthwise, edges: 'replicate' })(even);
    const rows = Array.from({ length: 4 * height }, (_, y) =>
      grid.data.slice(4 * width * y, 4 * width * (y + 1)),
    );
    expect(spread(grid)).toBeGreaterThan(1e-3);
    // Inside, what one cell shows comes again in the next.
    const row = rows[5]!;
    expect(row[9]).toBeCloseTo(row[5]!, 12);
    expect(Math.abs(row[6]! - row[5]!)).toBeGreaterThan(1e-4);
  });

  test('its own keys at what they are where left out change nothing', () => {
    const context = randomArray(even.length, 9);
    const plain = attention({ name: 'transposed', depthwise })(context);
    const spelt = attention({ name: 'transposed', depthwise, edges: 'zero', evenPhases: false })(context);
    expectClose(spelt.data, plain.data, 0, 'keys');
  });
});

test('gradients through repeated edges and even phases are those of central differences', () => {
  const context = input('context', shape);
  const builder = new Builder({ batchStatistics: () => false });
  const config = { name: 'transposed', depthwise: true, edges: 'replicate', evenPhases: true } as const;
  const total = sum(mapOf(builder, context, config), undefined, {
    keepAxes: false,
  });
  const given = new Map<Tensor, Value>([[context, { shape, data: randomArray(even.length, 3) }]]);
  let seed = 20;
  for (const { variable } of builder.declared.values()) {
    const { shape: sides, name } = variable.attributes;
    const noise = randomArray(
      sides.reduce((a, b) => a * b, 1),
      ++seed,
    );
    given.set(variable, {
      shape: sides,
      data: noise.map((x) => (/var|bias/.test(name) ? 1.5 + x / 2 : x / 2)),
    });
  }
  const [weight] = builder.parameters.filter(({ attributes }) => attributes.name === 'up.0.0.weight');
  const gradient = interpret([gradients(total, [weight!]).get(weight!)!], given)[0]!;
  const at = (i: number, step: number) => {
    const { shape: sides, data } = given.get(weight!)!;
    const moved = Float64Array.from(data);
    moved[i] = moved[i]! + step;
    return interpret([total], new Map([...given, [weight!, { shape: sides, data: moved }]]))[0]!.data[0]!;
  };
  const differences = Float64Array.from(gradient.data, (_, i) => (at(i, 1e-5) - at(i, -1e-5)) / 2e-5);
  expect(Math.max(...gradient.data.map(Math.abs))).toBeGreaterThan(1e-3);
  expectClose(gradient.data, differences, 1e-5, 'gradient');
});
