import { describe, expect, test } from 'vitest';
import { float32, uint8 } from '../../src/base/arrays.js';
import { input } from '../../src/engine/graph/index.js';
import { foldBatchNorm } from '../../src/engine/passes/index.js';
import { declareVariables, type ModelConfig, normalizePixels, segmentation } from '../../src/model/index.js';
import { Builder } from '../../src/model/layers/index.js';
import { sources } from '../../src/model/sources/index.js';
import { publishedConfigs } from '../support/published-configs.js';
import { runOnnx } from '../support/run-onnx.js';
import { readFixture } from './fixture.js';
import { type BatchSize, namedPixels } from './named-images.js';
import { pixelsKept } from './pixels-kept.js';
import { publishedWeight } from './published-weights.js';
import { distanceToSketch, type Sketch } from './sketch.js';

/** What PyTorch's modules made of one image in float64; see `tools/nvidia_fixture.py`. */
interface NvidiaFixture {
  readonly tile: number;
  readonly directions: number;
  readonly cases: readonly {
    readonly title: string;
    readonly source: string;
    readonly options: { readonly classes: number; readonly width?: number };
    readonly image: BatchSize;
    readonly scales: readonly number[];
    readonly parameters: number;
    readonly tensors: number;
    /** Between the pixels that are kept of each result, down and across. */
    readonly step: number;
    /** Little-endian float32 [classes, rows, columns] in base64. */
    readonly outputs: Readonly<Record<string, { readonly kept: string; readonly sketch: Sketch }>>;
  }[];
}

/** The largest difference of a logit. */
const TOLERANCE = 1e-3;

const { tile, directions, cases } = readFixture<NvidiaFixture>('nvidia.json');

describe.each(cases)('$title', ({ title, source: name, options, image: size, scales, ...expected }) => {
  const source = sources.find((one) => one.name === name)!;
  const published = publishedConfigs[name]!;
  const { classes, width } = options;
  const trunk = width === undefined ? published.trunk : { ...published.trunk, width };
  // The head of HRNet's authors is as wide as the four branches of the trunk together.
  const isAsWide = width !== undefined && name.startsWith('hrnet-segmentation');
  const head = isAsWide ? { ...published.head, channels: 15 * width } : published.head;
  const config = { ...published, classes, trunk, head } as ModelConfig;
  const declared = [...declareVariables(config).values()].map(({ variable }) => variable.attributes);

  test('has the parameters and the tensors of the published network', () => {
    const parameters = declared.filter(({ role }) => role === 'parameter');
    const counts = parameters.map(({ shape }) => shape.reduce((product, side) => product * side, 1));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(expected.parameters);
    expect(declared.length).toBe(expected.tensors);
  });

  test('computes what PyTorch computes, its second classifier too', async () => {
    const image = input('image', [...size, 3], 'uint8');
    const { root } = new Builder({ inference: true });
    const { logits, auxiliary } = segmentation(root, normalizePixels(image, config), config, { scales });
    const constants = new Map(
      declared.map(({ name, shape }) => {
        const values = publishedWeight(source.nameOf(name)!, shape);
        return [name, float32(Float32Array.from(values), shape)];
      }),
    );
    const program = foldBatchNorm({
      outputs: { logits, ...(auxiliary === undefined ? {} : { auxiliary }) },
      constants,
    });
    const pixels = uint8(Uint8Array.from(namedPixels('published', size, tile)), [...size, 3]);
    const results = await runOnnx(program.outputs, { image: pixels }, { constants: program.constants! });
    expect(Object.keys(results)).toEqual(Object.keys(expected.outputs));
    for (const [output, { kept, sketch }] of Object.entries(expected.outputs)) {
      const { data } = results[output]!;
      const values = new Float32Array(Uint8Array.from(Buffer.from(kept, 'base64')).buffer);
      const at = pixelsKept(classes, size[1], size[2], expected.step);
      expect(values.length).toBe(at.length);
      const differences = at.map((index, i) => Math.abs(Number(data[index]) - values[i]!));
      expect(Math.max(...differences), output).toBeLessThan(TOLERANCE);
      // The pixels between: the root mean square over all of them.
      const distance = distanceToSketch(`${title} ${output}`, data, sketch, directions);
      expect(distance / Math.sqrt(data.length), output).toBeLessThan(TOLERANCE / 10);
    }
  });
});
