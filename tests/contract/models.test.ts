import { describe, expect, test } from 'vitest';
import { uint8 } from '../../src/base/arrays.js';
import { gradients } from '../../src/engine/autodiff.js';
import { constant, type Dim, input, symbol, type Tensor, type Value } from '../../src/engine/graph/index.js';
import { interpret } from '../../src/engine/interpret.js';
import { lower } from '../../src/engine/onnx/lower.js';
import { add, mean, square } from '../../src/engine/ops/index.js';
import { foldBatchNorm } from '../../src/engine/passes/index.js';
import { decodeModel, encodeModel } from '../../src/model/file/index.js';
import { type ModelConfig, normalizePixels, segmentation } from '../../src/model/index.js';
import { Builder, initialize } from '../../src/model/layers/index.js';
import { expectClose } from '../support/check-operator.js';
import { randomArray } from '../support/random-array.js';
import { randomWeights } from '../support/random-weights.js';
import { runFileOn, runOnnx } from '../support/run-onnx.js';
import { scaleSetsOf, smallModels } from './small-models.js';

type Weights = ReturnType<typeof randomWeights>;

const pixels = (height: number, width: number) =>
  uint8(
    Uint8Array.from(randomArray(height * width * 3, 7), (x) => 127.5 * (x + 1)),
    [1, height, width, 3],
  );

/** Logits of a free-size graph with weights constant, batch norm folded or not. */
async function logits(
  config: ModelConfig,
  weights: Weights,
  scales: readonly number[],
  size: readonly [number, number],
  fold: boolean,
) {
  const image = input('image', [1, ...size, 3], 'uint8');
  const builder = new Builder({ inference: true });
  const { logits } = segmentation(builder.root, normalizePixels(image, config), config, {
    scales,
    combine: 'hierarchical',
  });
  const program = { outputs: { logits }, constants: weights };
  const { outputs, constants } = fold ? foldBatchNorm(program) : program;
  const results = await runOnnx(outputs, { image: pixels(...size) }, { constants });
  return results.logits!;
}

/** Gives every variable of a builder its random weight. */
function give(given: Map<Tensor, Value>, builder: Builder, weights: Weights): void {
  for (const [name, { variable }] of builder.declared) {
    const { shape, data } = weights.get(name)!;
    given.set(variable, { shape, data: Float64Array.from(data) });
  }
}

describe.each(Object.entries(smallModels))('%s', (name, config) => {
  const scaleSets = scaleSetsOf({ name }, config);
  const weights = randomWeights(config);

  test.each(scaleSets)(
    'scales %s: folded and plain inference agree with the float64 interpreter at an odd size',
    async (...scales) => {
      const [height, width] = [45, 67];
      const builder = new Builder({ inference: true });
      const image = input('image', [1, height, width, 3], 'uint8');
      const output = segmentation(builder.root, normalizePixels(image, config), config, {
        scales,
        combine: 'hierarchical',
      });
      const given = new Map<Tensor, Value>([
        [image, { shape: [1, height, width, 3], data: Float64Array.from(pixels(height, width).data) }],
      ]);
      give(given, builder, weights);
      const [expected] = interpret([output.logits], given);
      for (const fold of [false, true]) {
        const actual = await logits(config, weights, scales, [height, width], fold);
        expect(actual.shape).toEqual([1, config.classes, height, width]);
        expectClose(actual.data, expected!.data, 2e-4, fold ? 'folded' : 'plain');
      }
    },
  );

  test('training form and inference form agree where the running statistics are those of the batch', () => {
    const shape = [2, 3, 40, 48];
    const image = input('image', shape);
    const training = new Builder({ observe: true });
    const inference = new Builder({ inference: true });
    const options = { scales: [1], combine: 'single' } as const;
    const trained = segmentation(training.root, image, config, options).logits;
    const inferred = segmentation(inference.root, image, config, options).logits;
    const given = new Map<Tensor, Value>([[image, { shape, data: randomArray(2 * 3 * 40 * 48, 3) }]]);
    give(given, training, weights);
    give(given, inference, weights);
    const observed = [...training.observed].flatMap(([path, [statistics]]) => [
      [`${path}.running_mean`, statistics!.mean] as const,
      [`${path}.running_var`, statistics!.variance] as const,
    ]);
    const [expected, ...statistics] = interpret([trained, ...observed.map(([, tensor]) => tensor)], given);
    observed.forEach(([name], i) => {
      given.set(inference.declared.get(name)!.variable, statistics[i]!);
    });
    const [actual] = interpret([inferred], given);
    expectClose(actual!.data, expected!.data, 1e-9, 'inference form');
    expect(training.bufferUpdates.size).toBe(observed.length);
  });

  const hasAttention = config.attention.name !== 'none';

  test.each(['trunk.', 'head.', ...(hasAttention ? ['attention.'] : [])])(
    'what is not %s is frozen: no gradient, no statistics',
    (part) => {
      const image = input('image', [2, 3, 32, 32]);
      const builder = new Builder({ trainable: (name) => name.includes(part) });
      const { logits, auxiliary } = segmentation(builder.root, image, config, {
        scales: config.scales,
        combine: 'hierarchical',
      });
      const loss = [logits, ...(auxiliary === undefined ? [] : [auxiliary])]
        .map((scores) => mean(square(scores)))
        .reduce(add);
      const found = gradients(loss, builder.parameters);
      expect(found.size).toBe(builder.parameters.length);
      expect(found.size).toBeGreaterThan(0);
      for (const { attributes } of builder.parameters) expect(attributes.name).toContain(part);
      expect(builder.bufferUpdates.size).toBeGreaterThan(0);
      for (const [buffer] of builder.bufferUpdates) expect(buffer.attributes.name).toContain(part);
    },
  );

  test.runIf(hasAttention)('the attention starts even: one half, or a share for each scale', () => {
    const image = constant(randomArray(3 * 96 * 96, 5), [1, 3, 96, 96]);
    const builder = new Builder();
    const { predictions } = segmentation(builder.root, image, config, {
      scales: config.scales,
      combine: 'hierarchical',
    });
    const given = new Map<Tensor, Value>();
    for (const [name, { variable, initializer }] of builder.declared) {
      const { shape } = variable.attributes;
      given.set(variable, { shape, data: Float64Array.from(initialize(initializer, shape, 1, name)) });
    }
    const [value] = interpret([predictions.at(-1)!.attention!], given);
    const even = config.attention.name === 'explicit' ? 1 / config.scales.length : 0.5;
    for (const weight of value!.data) expect(weight).toBeCloseTo(even, 12);
  });

  test('survives its file', () => {
    const names = Array.from({ length: config.classes }, (_, i) => `class ${i}`);
    const colors = names.map((_, i) => [i, i, i] as const);
    const model = { config, classes: { names, colors, ignore: 255 as const }, weights };
    const bytes = encodeModel(model);
    expect(Buffer.compare(encodeModel(model), bytes)).toBe(0);
    const read = decodeModel(bytes, 'model.safetensors');
    expect(read.config).toEqual(config);
    expect(read.classes).toEqual(model.classes);
    expect(Buffer.compare(encodeModel(read), bytes)).toBe(0);
    expect(() => decodeModel(bytes.subarray(0, bytes.length - 5), 'model.safetensors')).toThrow(
      /^model\.safetensors: /,
    );
  });

  test('a graph of free size gives at every size what one made for that size gives', async () => {
    const build = (height: Dim, width: Dim) => {
      const image = input('image', [1, height, width, 3], 'uint8');
      const { logits } = segmentation(
        new Builder({ inference: true }).root,
        normalizePixels(image, config),
        config,
        {
          scales: config.scales,
          combine: 'hierarchical',
        },
      );
      return { logits };
    };
    const sizes = [
      [33, 47],
      [64, 40],
    ] as const;
    const file = lower({ outputs: build(symbol('H'), symbol('W')), constants: weights });
    const free = await runFileOn(
      file,
      sizes.map(([height, width]) => ({ image: pixels(height, width) })),
    );
    for (const [i, [height, width]] of sizes.entries()) {
      const image = pixels(height, width);
      const fixed = await runOnnx(build(height, width), { image }, { constants: weights });
      const { logits } = free[i]!;
      expect(logits!.shape).toEqual([1, config.classes, height, width]);
      expectClose(logits!.data, fixed.logits!.data as Float32Array, 1e-5, `${width}×${height}`);
    }
  });
});
