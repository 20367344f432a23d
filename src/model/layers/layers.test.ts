import { describe, expect, test } from 'vitest';
import { KEY_WORDS, keyWords } from '../../base/random/index.js';
import { gradients, gradientsBySegments } from '../../engine/autodiff.js';
import { input, reachable, type Tensor, type Value, variable } from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import { mul, square, sum } from '../../engine/ops/index.js';
import { Builder } from './builder.js';
import { initialize } from './initializers.js';
import { batchNorm, dropout } from './layers.js';

const shape = [2, 1, 1, 2];
const [a, b] = [input('a', shape), input('b', shape)];
const given = new Map<Tensor, Value>([
  [a, { shape, data: Float64Array.of(1, 2, 3, 4) }],
  [b, { shape, data: Float64Array.of(2, 4, 6, 8) }],
]);

/** Values of some tensors, variables at their start but for those that are given by name. */
function values(tensors: readonly Tensor[], builder: Builder, others: Readonly<Record<string, number>> = {}) {
  const variables = [...builder.declared].map(([name, { variable, initializer }]) => {
    const { shape } = variable.attributes;
    const start = Float64Array.from(initialize(initializer, shape, 1, name));
    return [variable, { shape, data: name in others ? start.fill(others[name]!) : start }] as const;
  });
  return interpret(tensors, new Map<Tensor, Value>([...given, ...variables])).map(({ data }) => [...data]);
}

function updates({ bufferUpdates }: Builder): Record<string, Tensor> {
  return Object.fromEntries([...bufferUpdates].map(([{ attributes }, next]) => [attributes.name, next]));
}

describe('batch norm', () => {
  // PyTorch's conventions (torch.nn.BatchNorm2d): the batch is normalised by its biased variance, 1.25, the running
  // variance moves towards the unbiased one, 5/3, and momentum is the share of the new batch.
  test('normalises by the biased variance and tracks the unbiased one, by PyTorch’s momentum', () => {
    for (const [momentum, options] of [
      [0.1, {}],
      [0.25, { statisticsMomentum: 0.25 }],
    ] as const) {
      const builder = new Builder(options);
      const y = batchNorm(builder.root, a);
      const { running_mean, running_var } = updates(builder);
      const [normalized, mean, variance] = values([y, running_mean!, running_var!], builder);
      [1, 2, 3, 4].forEach((x, i) => {
        expect(normalized![i]).toBeCloseTo((x - 2.5) / Math.sqrt(1.25 + 1e-5), 9);
      });
      expect(mean![0]).toBeCloseTo(momentum * 2.5, 12);
      expect(variance![0]).toBeCloseTo(1 + momentum * (5 / 3 - 1), 12);
    }
  });

  test('that two scales share moves its statistics once for each, in their order', () => {
    const builder = new Builder();
    batchNorm(builder.root, a);
    batchNorm(builder.root, b);
    const { running_mean, running_var } = updates(builder);
    const [mean, variance] = values([running_mean!, running_var!], builder);
    // The other order would give 0.7.
    expect(mean![0]).toBeCloseTo(0.9 * 0.25 + 0.1 * 5, 12);
    expect(variance![0]).toBeCloseTo(0.9 * (1 + 0.1 * (5 / 3 - 1)) + 0.1 * (20 / 3), 12);
    expect(builder.declared.size).toBe(4);
  });

  test.each([
    ['for inference', { inference: true }, 0],
    ['frozen', { trainable: () => false }, 0],
    ['learned by running statistics', { batchStatistics: () => false }, 2],
  ])('%s is a fixed function of each value', (_, options, parameters) => {
    const builder = new Builder(options);
    const y = batchNorm(builder.root, a);
    const others = { weight: 2, bias: 1, running_mean: 3, running_var: 4 };
    const [actual] = values([y], builder, others);
    [1, 2, 3, 4].forEach((x, i) => {
      expect(actual![i]).toBeCloseTo((2 * (x - 3)) / Math.sqrt(4 + 1e-5) + 1, 9);
    });
    expect(builder.bufferUpdates.size).toBe(0);
    expect(builder.parameters).toHaveLength(parameters);
  });

  test('one value a channel has no batch statistics, and is refused', () => {
    const one = input('one', [1, 4, 1, 1]);
    expect(() => batchNorm(new Builder().root.child('norm'), one)).toThrow(
      /^norm: expected two values a channel or more .*Use a larger crop or batch, or running statistics\.$/,
    );
    expect(() => batchNorm(new Builder({ inference: true }).root, one)).not.toThrow();
  });
});

describe('dropout', () => {
  const random = { seed: input('seed', [KEY_WORDS]), step: input('step', [KEY_WORDS]) };
  const x = input('x', [4, 8, 16, 16]);
  const count = 4 * 8 * 16 * 16;
  const words = (...keys: (string | number)[]) => ({
    shape: [KEY_WORDS],
    data: Float64Array.from(keyWords(...keys)),
  });
  const at = (step: number) =>
    new Map<Tensor, Value>([
      [random.seed, words('seed', 1)],
      [random.step, words('step', step)],
      [x, { shape: [4, 8, 16, 16], data: Float64Array.from({ length: count }, (_, i) => 1 + (i % 7)) }],
    ]);

  test('drops the given share and keeps the mean', () => {
    const [y] = interpret([dropout(new Builder({ random }).root, x, 0.25)], at(0));
    const kept = [...y!.data].filter((value, i) => {
      if (value !== 0) expect(value).toBeCloseTo((1 + (i % 7)) / 0.75, 12);
      return value !== 0;
    });
    expect(Math.abs(kept.length / count - 0.75)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / count));
  });

  test('drops whole channels of an image where asked to', () => {
    const [y] = interpret([dropout(new Builder({ random }).root, x, 0.5, 'channels')], at(0));
    const planes = Array.from({ length: 4 * 8 }, (_, i) => [...y!.data.subarray(256 * i, 256 * (i + 1))]);
    const zeros = planes.map((plane) => plane.filter((value) => value === 0).length);
    expect(new Set(zeros)).toEqual(new Set([0, 256]));
    expect(planes.find((_, i) => zeros[i] === 0)![1]).toBeGreaterThan(1);
  });

  test('every application draws its own, and every step', () => {
    const { root } = new Builder({ random });
    const [first, second] = [dropout(root, x, 0.5), dropout(root, x, 0.5)];
    const other = dropout(root.child('other'), x, 0.5);
    const zeros = ({ data }: Value) => [...data].map((value) => value === 0);
    const masks = [...interpret([first, second, other], at(0)), ...interpret([first], at(1))].map(zeros);
    masks.forEach((mask, i) => {
      for (const another of masks.slice(0, i)) {
        const same = mask.filter((isZero, k) => isZero === another[k]).length / count;
        expect(Math.abs(same - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / count));
      }
    });
    const [again] = interpret([dropout(new Builder({ random }).root, x, 0.5)], at(0));
    expect(zeros(again!)).toEqual(masks[0]);
  });

  test.each([
    ['for inference', { random, inference: true }],
    ['where it is frozen', { random, trainable: (name: string) => !name.startsWith('head.') }],
    ['without a random source', {}],
  ])('is absent %s', (_, options) => {
    expect(dropout(new Builder(options).root.child('head'), x, 0.5)).toBe(x);
  });

  test('recomputation draws the same: gradients are equal', () => {
    const { root } = new Builder({ random });
    const w = variable('w', [1, 8, 1, 1]);
    const y = square(mul(dropout(root, mul(x, w), 0.5), w));
    const loss = sum(square(y), undefined, { keepAxes: false });
    const given = at(3).set(w, { shape: [1, 8, 1, 1], data: Float64Array.from([1, 2, 3, 4, 5, 6, 7, 8]) });
    const whole = gradients(loss, [w]).get(w)!;
    const again = gradientsBySegments(loss, [w], [{ input: x, outputs: [y] }]).get(w)!;
    expect(reachable([again]).length).toBeGreaterThan(reachable([whole]).length);
    const [expected, found] = interpret([whole, again], given);
    expect([...found!.data]).toEqual([...expected!.data]);
  });

  test.each([-0.1, 1, Number.NaN])('the rate %d is refused', (rate) => {
    expect(() => dropout(new Builder({ random }).root, x, rate)).toThrow(/a rate from 0 to below 1/);
  });
});
