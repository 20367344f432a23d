import { elementCount } from '../../base/arrays.js';
import { evaluateDim, reachable, type Tensor } from '../graph/index.js';
import { isConv2d, isConv2dWeightGradient, isConvTranspose2d } from './convolution/convolution.js';
import { isMatmul } from './matmul.js';

/**
 * The number of multiply-adds for computing the tensors. It counts convolutions, their gradients and matrix products, which
 * are nearly all of a network's work. As is usual, it does not count elementwise operators.
 *
 * @param sides values of the free sides, by name
 */
export function multiplyAdds(
  outputs: Iterable<Tensor>,
  sides: ReadonlyMap<string, number> = new Map(),
): number {
  const shapeOf = ({ shape }: Tensor) => shape.map((dim) => evaluateDim(dim, sides));
  return reachable([...outputs]).reduce((total, tensor) => total + ownMultiplyAdds(tensor, shapeOf), 0);
}

function ownMultiplyAdds(tensor: Tensor, shapeOf: (tensor: Tensor) => number[]): number {
  const [first, second] = tensor.inputs;
  const result = elementCount(shapeOf(tensor));
  // An element of the result sums over a group's channels and the kernel …
  if (isConv2d(tensor)) return result * elementCount(shapeOf(second!).slice(1));
  // … one of the image is spread over them …
  if (isConvTranspose2d(tensor))
    return elementCount(shapeOf(first!)) * elementCount(shapeOf(second!).slice(1));
  // … and one of the weight sums over all images and places of the result.
  if (isConv2dWeightGradient(tensor)) {
    const [batch, , height, width] = shapeOf(second!) as [number, number, number, number];
    return result * batch * height * width;
  }
  if (isMatmul(tensor)) return result * shapeOf(first!).at(tensor.attributes.transposeA ? -2 : -1)!;
  return 0;
}
