import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { float32, type NdArray, uint8 } from '../../src/base/arrays.js';
import { input, type Tensor } from '../../src/engine/graph/index.js';
import {
  imagenetPixels,
  type ModelConfig,
  normalizePixels,
  predictAtScale,
  trunks,
} from '../../src/model/index.js';
import { Builder } from '../../src/model/layers/index.js';
import { innerTrunk, otherNetwork } from '../../src/model/published/index.js';
import { type Recognized, type Shapes, type Source, sources } from '../../src/model/sources/index.js';
import { runOnnx } from '../support/run-onnx.js';
import { readFixture } from './fixture.js';
import { namedPixels } from './named-images.js';
import { namedValues } from './named-values.js';
import { distanceToSketch, type Sketch } from './sketch.js';

/** What published packages' own networks made of an image in float64; see `tools/packages_fixture.py`. */
interface PackagesFixture {
  readonly tile: number;
  readonly directions: number;
  readonly cases: readonly Case[];
  /** By the name of a network: the names and shapes in its file. zlib, base64. */
  readonly files: string;
}

interface Case {
  readonly name: string;
  /** The name of the {@link Source} that it is built by. */
  readonly source: string;
  readonly size: readonly [height: number, width: number];
  /** Of the convolutions' weights: their bound is √(spread / fan-in). */
  readonly spread: number;
  /** Of all numbers of a result, every so many are kept. */
  readonly step: number;
  readonly outputs: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly kept: string; readonly sketch: Sketch }>
  >;
}

interface File {
  /** The name of the {@link Source} that takes it for its own; null where none may. */
  readonly source: string | null;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** The largest difference of a number of order 10. */
const TOLERANCE = 1e-3;

const fixture = readFixture<PackagesFixture>('packages.json');
const files = JSON.parse(inflateSync(Buffer.from(fixture.files, 'base64')).toString()) as Readonly<
  Record<string, File>
>;

test.each(Object.entries(files))('%s: its own source knows it, and all that lies in it', (_, file) => {
  const shapes = new Map(Object.entries(file.shapes));
  const source = sources.find((source) => source.recognize(shapes) !== undefined);
  expect(source?.name ?? null).toBe(file.source);
  if (source === undefined) return;
  const { variables } = networkOf(source.recognize(shapes)!, [64, 96]);
  for (const { name, shape } of variables) expect(blank(source, name, shapes).shape, name).toEqual(shape);
  const taken = new Set(variables.map(({ name }) => source.nameOf(name)));
  expect([...shapes.keys()].filter((name) => !taken.has(name) && !source.isSpare(name))).toEqual([]);
});

test.each([
  ['torchvision resnet34', 'resnet34 of torchvision, timm or alike'],
  ['torchvision resnet152', 'resnet152 of torchvision, timm or alike'],
  ['torchvision wide_resnet50_2', 'wide_resnet50_2 of torchvision, timm or alike'],
  ['torchvision resnext50_32x4d', 'resnext50_32x4d of torchvision, timm or alike'],
  ['torchvision mobilenet_v3_large', 'a MobileNetV3 of torchvision'],
  ['torchvision fcn_resnet50', 'resnet50 of torchvision, timm or alike, under backbone.'],
  ['torchvision deeplabv3_mobilenet_v3_large', 'a MobileNetV3 of torchvision'],
  ['smp DeepLabV3Plus resnet34', 'resnet34 of torchvision, timm or alike, under encoder.'],
  ['timm efficientnet_b0', 'an EfficientNet or another network of inverted residuals of timm'],
])('%s, which cannot be read, is called by what it is', (name, expected) => {
  expect(otherNetwork(new Map(Object.entries(files[name]!.shapes)))).toBe(expected);
});

test('the trunk of an unknown network is found', () => {
  for (const [name, prefix] of [
    ['torchvision fcn_resnet50', 'backbone.'],
    ['smp Unet resnet50', 'encoder.'],
  ] as const) {
    const inner = innerTrunk(new Map(Object.entries(files[name]!.shapes)))!;
    expect([inner.prefix, inner.found[0]!.recognized]).toEqual([
      prefix,
      { kind: 'trunk', trunk: { name: 'resnet50', outputStride: 32 } },
    ]);
  }
});

test.each(fixture.cases)('$name computes the same', async ({ name, size, spread, step, outputs, ...one }) => {
  const source = sources.find(({ name }) => name === one.source)!;
  const shapes = new Map(Object.entries(files[name]!.shapes));
  const network = networkOf(source.recognize(shapes)!, size);
  const constants = new Map(
    network.variables.map((variable) => [variable.name, weight(source, variable.name, shapes, spread)]),
  );
  const pixels = Uint8Array.from(namedPixels('packages', [1, ...size], fixture.tile));
  const image = uint8(pixels, [1, ...size, 3]);
  const results = await runOnnx(network.outputs, { image }, { constants });
  expect(Object.keys(results).sort()).toEqual(Object.keys(outputs).sort());
  for (const [key, { shape, kept, sketch }] of Object.entries(outputs)) {
    const { data, shape: received } = results[key]!;
    expect(received).toEqual(shape);
    const expected = new Float32Array(Uint8Array.from(Buffer.from(kept, 'base64')).buffer);
    const differences = [...expected].map((value, i) => Math.abs(value - Number(data[i * step])));
    expect(Math.max(...differences), key).toBeLessThan(TOLERANCE);
    const distance = distanceToSketch(`${name} ${key}`, data, sketch, fixture.directions);
    expect(distance / Math.sqrt(data.length), key).toBeLessThan(TOLERANCE / 2);
  }
});

/** The network from pixels [1, H, W, 3] to what the fixture knows of it: logits at the image's size, or features. */
function networkOf(known: Recognized, size: readonly [number, number]) {
  const builder = new Builder({ inference: true });
  const image = input('image', [1, ...size, 3], 'uint8');
  const outputs =
    known.kind === 'model' ? logitsOf(builder, image, known.config) : featuresOf(builder, image, known);
  const variables = [...builder.declared.values()].map(({ variable }) => variable.attributes);
  return { outputs, variables };
}

function logitsOf(builder: Builder, image: Tensor, config: ModelConfig): Record<string, Tensor> {
  const { logits, auxiliary } = predictAtScale(builder.root, normalizePixels(image, config), config, 1);
  return { logits, ...(auxiliary === undefined ? {} : { auxiliary }) };
}

function featuresOf(
  builder: Builder,
  image: Tensor,
  { trunk, pixels = imagenetPixels }: Extract<Recognized, { kind: 'trunk' }>,
): Record<string, Tensor> {
  const scope = builder.root.child('trunk');
  const features = trunks.get(trunk.name).build(scope, normalizePixels(image, pixels), trunk);
  return { features: features.at(-1)!.tensor };
}

/** The value of a variable, made of the name and shape that the file has for it. */
function weight(source: Source, variable: string, shapes: Shapes, spread: number): NdArray<'float32'> {
  const name = source.nameOf(variable)!;
  const shape = shapes.get(name)!;
  const values = Float32Array.from(namedValues(name, shape, ...rangeOf(source, name, shape, spread)));
  return source.convert?.(variable, float32(values, shape)) ?? float32(values, shape);
}

function blank(source: Source, variable: string, shapes: Shapes): NdArray<'float32'> {
  const shape = shapes.get(source.nameOf(variable)!)!;
  const values = float32(new Float32Array(shape.reduce((product, side) => product * side, 1)), shape);
  return source.convert?.(variable, values) ?? values;
}

/** As in `tools/packages_fixture.py`. */
function rangeOf(source: Source, name: string, shape: readonly number[], spread: number): [number, number] {
  if (shape.length === 4) {
    const [first, second, third, fourth] = shape as [number, number, number, number];
    const isDepthwise = name.includes('depthwise/');
    // Keras has height and width first.
    const fan =
      source.convert === undefined ? second * third * fourth : first * second * (isDepthwise ? 1 : third);
    return [-Math.sqrt(spread / fan), Math.sqrt(spread / fan)];
  }
  return /(running_mean|bias|moving_mean|beta)$/.test(name) ? [-0.5, 0.5] : [0.5, 1.5];
}
