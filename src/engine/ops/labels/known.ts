import { describe, expectDType, expectRank, shapeError, type Tensor } from '../../graph/index.js';
import { mul } from '../arithmetic.js';
import { cast } from '../conversion.js';
import { heaviside } from '../heaviside.js';
import { reshape } from '../layout.js';

/** Checks a label map [N, H, W] for a number of classes. */
export function expectLabels(operator: string, labels: Tensor, classes: number): void {
  expectRank(operator, 'a label map [N, H, W]', labels, 3);
  expectDType(operator, 'a label map', labels, 'uint8', 'int32', 'int64');
  if (!Number.isInteger(classes) || classes < 1) shapeError(operator, 'one class or more', String(classes));
  if (labels.dtype === 'uint8' && classes > 255) {
    shapeError(
      operator,
      'at most 255 classes in a uint8 label map, whose 255 means void',
      `${classes} classes for ${describe(labels)}`,
      'Use int32 labels.',
    );
  }
}

/** A label map [N, H, W] with an axis for classes, [N, 1, H, W]. */
export function withClassAxis(labels: Tensor): Tensor {
  const [batch, height, width] = labels.shape;
  return reshape(labels, [batch!, 1, height!, width!]);
}

/**
 * 1 where a label names a class, 0 where it is to be ignored: void (255) or any other value outside 0 … classes − 1.
 *
 * @param labels uint8, int32 or int64 [N, H, W]
 * @returns float32 [N, 1, H, W]
 * @throws HmsaError when labels are no label map
 */
export function notIgnored(labels: Tensor, classes: number): Tensor {
  expectLabels('notIgnored', labels, classes);
  const numbers = cast(withClassAxis(labels), 'float32');
  const below = heaviside(numbers, classes - 0.5, -1);
  return labels.dtype === 'uint8' ? below : mul(below, heaviside(numbers, -0.5));
}
