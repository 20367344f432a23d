import { getHeapStatistics } from 'node:v8';
import { bytesText } from '../../base/bytes-text.js';
import { HmsaError } from '../../base/errors/index.js';
import { shapeMemory } from '../../report/shapes/index.js';

/**
 * Polygons and run lengths are made of all labels at once.
 *
 * @param name what the error calls the image
 * @param memory bytes that they may take, beside JavaScript's own limit for objects
 * @throws HmsaError when they would take more
 */
export function checkShapeMemory(
  kind: 'polygons' | 'rle',
  labels: Uint8Array,
  width: number,
  height: number,
  name: string,
  memory: number = Number.POSITIVE_INFINITY,
): void {
  const { bytes, heap } = shapeMemory(kind, labels, width, height);
  const { heap_size_limit, used_heap_size } = getHeapStatistics();
  const free = heap_size_limit - used_heap_size;
  if (bytes <= memory && heap <= free) return;
  const others = kind === 'polygons' ? 'Save rle in place of polygons' : 'Leave out rle';
  const more =
    heap > free
      ? `a larger heap (NODE_OPTIONS=--max-old-space-size=${Math.ceil((heap + used_heap_size) / 2 ** 20)}${bytes > memory ? ', and --memory' : ''})`
      : 'more memory (--memory)';
  throw new HmsaError({
    operation: `${name}, ${kind}`,
    expected: `${bytesText(bytes)} of memory, because the labels have many small regions`,
    received: bytesText(Math.min(memory, free)),
    remedy: `${others}, or give ${more}.`,
  });
}
