import { input, type Tensor, type Value, type Variable } from '../../src/engine/graph/index.js';
import { imagenetPixels, type ModelConfig, normalizePixels, segmentation } from '../../src/model/index.js';
import { Builder } from '../../src/model/layers/index.js';
import { crossEntropy } from '../../src/training/losses/index.js';
import { type BatchSize, namedPixels, tiledValues } from './named-images.js';
import { namedValues } from './named-values.js';
import type { Sketch } from './sketch.js';

/** What PyTorch made of the reference network in float64; see `tools/network_fixture.py`. */
export interface NetworkFixture {
  readonly batch: BatchSize;
  /** Side of the tiles that images and labels are made of. */
  readonly tile: number;
  readonly scales: readonly number[];
  readonly directions: number;
  readonly gradients: Readonly<Record<string, Sketch>>;
  readonly sgd: {
    readonly learningRate: number;
    readonly momentum: number;
    readonly weightDecay: number;
    readonly losses: readonly number[];
    readonly parameters: Readonly<Record<string, Sketch>>;
    readonly buffers: Readonly<Record<string, Sketch>>;
  };
  readonly adam: { readonly learningRate: number; readonly losses: readonly number[] };
}

/** That of `tools/network_fixture.py`. */
const config: ModelConfig = {
  classes: 5,
  trunk: { name: 'mobilenetv2', width: 0.25, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1, 2], channels: 16, lowLevelChannels: 8, separable: false },
  attention: { name: 'transposed', depthwise: false },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};

/** The network in training form, up to its loss, from the inputs `images` and `labels`. */
export function referenceNetwork({ batch, scales }: NetworkFixture): { loss: Tensor; builder: Builder } {
  const builder = new Builder();
  const images = input('images', [...batch, 3], 'uint8');
  const labels = input('labels', batch, 'uint8');
  const { logits } = segmentation(builder.root, normalizePixels(images, config), config, {
    scales,
    combine: 'hierarchical',
  });
  return { loss: crossEntropy(logits, labels), builder };
}

/** The batch of a step, by the inputs' names; every sixth tile or so is void. */
export function batchOf({ batch, tile }: NetworkFixture, step: number): Record<'images' | 'labels', Value> {
  const labels = tiledValues(`labels ${step}`, batch, tile, config.classes + 1, 1);
  return {
    images: { shape: [...batch, 3], data: namedPixels(String(step), batch, tile) },
    labels: { shape: batch, data: labels.map((x) => (x >= config.classes ? 255 : Math.floor(x))) },
  };
}

/** What a variable holds before the first step: in a range that suits what its name says it is. */
export function startingValue({ attributes: { name, shape } }: Variable): Value {
  return { shape, data: namedValues(name, shape, ...startingRange(name, shape)) };
}

function startingRange(name: string, shape: readonly number[]): readonly [low: number, high: number] {
  if (name.startsWith('optimizer.')) return [0, 0];
  if (shape.length === 4) {
    const bound = Math.sqrt(6 / (shape[1]! * shape[2]! * shape[3]!));
    return [-bound, bound];
  }
  return name.endsWith('running_mean') ? [-0.5, 0.5] : [0.5, 1.5];
}
