import type { TrunkConfig } from '../index.js';
import type { Shapes } from './source.js';

/** Blocks of the four stages, by architecture: table 1 of arXiv 1512.03385. */
const resNets = { resnet50: '3,4,6,3', resnet101: '3,4,23,3' } as const;

/** Which ResNet of bottlenecks lies under a prefix by torchvision's names; undefined for none, and for wider ones. */
export function resNetOf(shapes: Shapes, prefix: string): keyof typeof resNets | undefined {
  const isBottleneck =
    // Variants with a deeper stem, such as resnet50d, have the same stages.
    (prefix !== '' || hasShape(shapes, 'conv1.weight', [64, 3, 7, 7])) &&
    hasShape(shapes, `${prefix}layer1.0.conv1.weight`, [64, 64, 1, 1]) &&
    hasShape(shapes, `${prefix}layer1.0.conv3.weight`, [256, 64, 1, 1]);
  if (!isBottleneck) return undefined;
  const blocks = String([1, 2, 3, 4].map((stage) => countOf(shapes, `${prefix}layer${stage}.`)));
  return (Object.keys(resNets) as (keyof typeof resNets)[]).find((name) => resNets[name] === blocks);
}

/**
 * The MobileNetV2 whose last inverted residual has so many channels. They are 320 · width, which all published widths make a
 * multiple of 8 without rounding.
 */
export function mobileNetV2Of(
  channels: number | undefined,
): Extract<TrunkConfig, { name: 'mobilenetv2' }> | undefined {
  const isOne = channels !== undefined && channels >= 8 && channels % 8 === 0 && channels <= 4 * 320;
  return isOne ? { name: 'mobilenetv2', width: channels / 320, outputStride: 32 } : undefined;
}

/** How many are numbered behind a prefix: one more than the largest number. */
export function countOf(shapes: Shapes, prefix: string): number {
  const numbers = [...shapes.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number.parseInt(name.slice(prefix.length), 10));
  return numbers.reduce((most, number) => (number >= most ? number + 1 : most), 0);
}

/** Whether there is a tensor of this name and shape. */
export function hasShape(shapes: Shapes, name: string, shape: readonly number[]): boolean {
  return String(shapes.get(name)) === String(shape);
}
