import { describe, expect, test } from 'vitest';
import { randomArray } from '../../../tests/support/random-array.js';
import { gradients } from '../../engine/autodiff.js';
import { constant, input, type Tensor, type Value } from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import { add, mean, square } from '../../engine/ops/index.js';
import { Builder, type BuildOptions } from '../layers/index.js';
import { type DeepLabV3Config, deepLabV3 } from './deeplabv3.js';
import { type DeepLabV3PlusSmpConfig, deepLabV3PlusSmp } from './deeplabv3plus-smp.js';
import type { Head } from './head.js';

const asppRates = [1, 2];
const v3: DeepLabV3Config = { name: 'deeplabv3', asppRates, channels: 5, dropout: 0.5, auxiliary: true };
const plus: DeepLabV3PlusSmpConfig = {
  name: 'deeplabv3plus-smp',
  asppRates,
  channels: 5,
  lowLevelChannels: 3,
  separable: true,
  dropout: 0.5,
};

// biome-ignore lint/suspicious/noExplicitAny: heads of any configuration
const cases: readonly (readonly [string, Head<any>, unknown])[] = [
  ['DeepLabV3 of torchvision', deepLabV3, v3],
  ['DeepLabV3+ of segmentation_models.pytorch', deepLabV3PlusSmp, plus],
  ['the same, dense', deepLabV3PlusSmp, { ...plus, separable: false }],
];

const SHAPES = [
  [4, [4, 7, 9]],
  [16, [8, 2, 3]],
] as const;
const CLASSES = 3;

/** A head on random features, with a random value for each of its variables and inputs. */
// biome-ignore lint/suspicious/noExplicitAny: heads of any configuration
function built(head: Head<any>, config: unknown, batch: number, options: BuildOptions = {}) {
  const features = SHAPES.map(([stride, shape]) => ({
    stride,
    tensor: input(`stride ${stride}`, [batch, ...shape]),
  }));
  const builder = new Builder(options);
  const output = head.build(builder.root, features, CLASSES, config);
  const leaves = [
    ...features.map(({ tensor }) => tensor),
    ...[...builder.declared.values()].map(({ variable }) => variable),
  ];
  const given = new Map<Tensor, Value>(
    leaves.map((leaf, i) => {
      const shape = leaf.shape as number[];
      const noise = randomArray(
        shape.reduce((product, side) => product * side, 1),
        i + 1,
      );
      // Variances above 0.
      const isVariance = leaf.attributes.name.endsWith('running_var');
      return [leaf, { shape, data: noise.map((x) => (isVariance ? 1.5 + x : x)) }];
    }),
  );
  return { builder, output, features, given };
}

describe.each(cases)('%s', (_, head, config) => {
  test('its gradients are central differences, dropout included', () => {
    const [seed, step] = [1, 2].map((first) => constant([first, 0, 0, 0, 0, 0, 0, 0], [8])) as [
      Tensor,
      Tensor,
    ];
    const random = { seed, step };
    const { builder, output, features, given } = built(head, config, 2, { random });
    const scores = [output.logits, ...(output.auxiliary === undefined ? [] : [output.auxiliary])];
    const loss = scores.map((logits) => mean(square(logits))).reduce(add);
    const wanted = [...builder.parameters, ...features.map(({ tensor }) => tensor)];
    const found = gradients(loss, wanted);
    const analytic = interpret(
      wanted.map((leaf) => found.get(leaf)!),
      given,
    );
    wanted.forEach((leaf, i) => {
      const value = given.get(leaf)!;
      const direction = randomArray(value.data.length, 100 + i);
      const moved = (step: number) => {
        const data = value.data.map((x, j) => x + step * direction[j]!);
        return interpret([loss], new Map([...given, [leaf, { ...value, data }]]))[0]!.data[0]!;
      };
      const numeric = (moved(1e-6) - moved(-1e-6)) / 2e-6;
      const exact = analytic[i]!.data.reduce((sum, g, j) => sum + g * direction[j]!, 0);
      expect(Math.abs(exact - numeric), leaf.attributes.name).toBeLessThan(
        1e-5 * Math.max(1, Math.abs(numeric)),
      );
    });
  });

  test('trains on one image at a time: the norm behind the image pooling stays at its running statistics', () => {
    const { builder, output, given } = built(head, config, 1);
    const [logits] = interpret([output.logits], given);
    expect(logits!.data.every(Number.isFinite)).toBe(true);
    const moved = [...builder.bufferUpdates.keys()].map(({ attributes: { name } }) => name);
    const still = [...builder.declared.keys()].filter(
      (name) => name.includes('running_') && !moved.includes(name),
    );
    expect(still).toHaveLength(2);
    for (const name of still) expect(name).toMatch(/convs\.3\.2\.running_(mean|var)$/);
  });

  test('warns of dilations that are wider than the features', () => {
    const features = SHAPES.map(([stride, shape]) => ({ stride, tensor: input('x', [1, ...shape]) }));
    expect(head.doubts?.(features, config)).toEqual([expect.stringContaining('ASPP rates 2')]);
  });
});

test('the auxiliary classifier needs a second feature', () => {
  const features = [{ stride: 16, tensor: input('x', [1, 8, 2, 3]) }];
  expect(() => deepLabV3.build(new Builder().root, features, CLASSES, v3)).toThrow(
    /expected a trunk with two features .*Set model.head.auxiliary to false/,
  );
  expect(deepLabV3.build(new Builder().root, features, CLASSES, { ...v3, auxiliary: false }).auxiliary).toBe(
    undefined,
  );
});
