import { float32, type NdArray, uint8 } from '../../src/base/arrays.js';
import { input, type Variable, variable } from '../../src/engine/graph/index.js';
import { add, conv2d, mean, mul, relu } from '../../src/engine/ops/index.js';
import type { NamedArrays } from '../../src/engine/runtime/index.js';
import { crossEntropy, pixelAccuracy } from '../../src/training/losses/index.js';
import { randomArray } from './random-array.js';

export const [N, C, H, W, CLASSES] = [4, 3, 6, 5, 4] as const;

/** Two convolutions, a mean that is tracked, and labels that the images decide. */
export function network(batch: number = N) {
  const parameters = [
    variable('conv1.weight', [8, C, 3, 3]),
    variable('conv1.bias', [8]),
    variable('conv2.weight', [CLASSES, 8, 3, 3]),
  ] as const;
  const [w1, b1, w2] = parameters;
  const running = variable('running.mean', [1, 8, 1, 1], { role: 'buffer' });
  const offset = variable('offset', [1, CLASSES, 1, 1]);
  const images = input('images', [batch, C, H, W]);
  const labels = input('labels', [batch, H, W], 'uint8');
  const hidden = conv2d(images, w1, { bias: b1, padding: 1 });
  const logits = add(conv2d(relu(hidden), w2, { padding: 1 }), offset);
  const tracked = add(mul(running, 0.9), mul(mean(hidden, [0, 2, 3]), 0.1));
  return {
    parameters,
    offset,
    loss: crossEntropy(logits, labels),
    metrics: { pixelAccuracy: pixelAccuracy(logits, labels) },
    bufferUpdates: new Map([[running, tracked]]),
    variables: [...parameters, running, offset],
    /** What can be recomputed. */
    segments: [{ input: images, outputs: [logits] }],
  };
}

export function initialValues(variables: readonly Variable[]): Map<string, NdArray> {
  return new Map(
    variables.map(({ attributes: { name, shape, role } }, i) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const data =
        role === 'buffer'
          ? new Float32Array(count)
          : Float32Array.from(randomArray(count, i + 1), (x) => x / 3);
      return [name, float32(data, shape)];
    }),
  );
}

/** A batch whose label is the brightest channel, or void. */
export function batchOf(size: number, seed: number): NamedArrays {
  const data = Float32Array.from(randomArray(size * C * H * W, seed));
  const labels = Uint8Array.from({ length: size * H * W }, (_, pixel) => {
    const first = Math.floor(pixel / (H * W)) * C * H * W + (pixel % (H * W));
    const channels = Array.from({ length: C }, (_, k) => data[first + k * H * W]!);
    return pixel % 11 === 0 ? 255 : channels.indexOf(Math.max(...channels));
  });
  return { images: float32(data, [size, C, H, W]), labels: uint8(labels, [size, H, W]) };
}

export const rate = (value: number) => ({ learningRate: float32(Float32Array.of(value), []) });

export function numbers({ data }: NdArray): number[] {
  return Array.from(data as Float32Array);
}
