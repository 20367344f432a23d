import { describe, expect, test } from 'vitest';
import { float32, uint8 } from '../../src/base/arrays.js';
import { type Combination, declareVariables, formerModel, type ModelConfig } from '../../src/model/index.js';
import { inferenceGraph, outputNames } from '../../src/prediction/index.js';
import { runFile } from '../support/run-onnx.js';
import { readFixture } from './fixture.js';
import { type BatchSize, namedPixels } from './named-images.js';
import { namedValues } from './named-values.js';
import { pixelsKept } from './pixels-kept.js';
import { distanceToSketch, type Sketch } from './sketch.js';

/** What PyTorch's modules made of one image in float64; see `tools/forward_fixture.py`. */
interface ForwardFixture {
  readonly image: BatchSize;
  readonly tile: number;
  readonly directions: number;
  readonly cases: readonly {
    readonly name: string;
    readonly config: ModelConfig;
    readonly parameters: number;
    /** Between the pixels that are kept of each result, down and across. */
    readonly step: number;
    readonly outputs: readonly {
      readonly combine: Combination;
      readonly scales: readonly number[];
      /** Little-endian float32 [classes, rows, columns] in base64. */
      readonly kept: string;
      readonly sketch: Sketch;
    }[];
  }[];
}

/** The largest difference of a logit, or of a probability where those are combined. */
const TOLERANCE = 1e-3;

const fixture = readFixture<ForwardFixture>('forward.json');
const [, height, width] = fixture.image;
const image = uint8(Uint8Array.from(namedPixels('forward', fixture.image, fixture.tile)), [
  ...fixture.image,
  3,
]);

describe.each(fixture.cases)('$name: the inference graph against PyTorch', (model) => {
  const { name, parameters, step, outputs } = model;
  // The fixture is in the words of format 1.
  const config = formerModel(model.config) as ModelConfig;
  const declared = [...declareVariables(config).values()].map(({ variable }) => variable.attributes);
  const weights = new Map(
    declared.map(({ name, shape }) => [name, float32(Float32Array.from(weight(name, shape)), shape)]),
  );

  test('as many parameters', () => {
    const counts = declared
      .filter(({ role }) => role === 'parameter')
      .map(({ shape }) => shape.reduce((product, side) => product * side, 1));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(parameters);
  });

  test.each(outputs)('$combine at $scales', async ({ combine, scales, kept, sketch }) => {
    const file = inferenceGraph(config, weights, { scales, combine, logits: true });
    const { data, shape } = (await runFile(file, { image }))[outputNames.logits]!;
    expect(shape).toEqual([1, config.classes, height, width]);
    const expected = new Float32Array(Uint8Array.from(Buffer.from(kept, 'base64')).buffer);
    const at = pixelsKept(config.classes, height, width, step);
    expect(expected.length).toBe(at.length);
    const differences = at.map((index, i) => Math.abs(Number(data[index]) - expected[i]!));
    expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
    // The pixels between: the root mean square over all of them.
    const distance = distanceToSketch(`${name} ${combine}`, data, sketch, fixture.directions);
    expect(distance / Math.sqrt(data.length)).toBeLessThan(TOLERANCE / 10);
  });
});

/** The value of a variable, in a range that suits what its name says it is; as in `tools/forward_fixture.py`. */
function weight(name: string, shape: readonly number[]): Float64Array {
  if (shape.length === 4) {
    const bound = Math.sqrt(5 / (shape[1]! * shape[2]! * shape[3]!));
    return namedValues(name, shape, -bound, bound);
  }
  return /(running_mean|bias)$/.test(name)
    ? namedValues(name, shape, -0.5, 0.5)
    : namedValues(name, shape, 0.5, 1.5);
}
