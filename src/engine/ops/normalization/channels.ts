import {
  apply,
  constant,
  describe,
  equalShapes,
  expectDType,
  expectRank,
  type Operator,
  product,
  shapeError,
  staticSide,
  type Tensor,
} from '../../graph/index.js';
import { mul } from '../arithmetic.js';
import { reshape } from '../layout.js';
import { emitMatrixProduct } from '../matrix-product-onnx.js';

/** Checks an image [N, C, H, W] and one number for each of its channels [C], by name; gives C. */
export function expectChannels(
  operator: string,
  x: Tensor,
  perChannel: Readonly<Record<string, Tensor>>,
): number {
  expectRank(operator, 'an image [N, C, H, W]', x, 4);
  expectDType(operator, 'an image', x, 'float32');
  const channels = staticSide(operator, 'a channel count', x.shape[1]!);
  for (const [name, tensor] of Object.entries(perChannel)) {
    if (!equalShapes(tensor.shape, [channels]) || tensor.dtype !== 'float32') {
      shapeError(operator, `${name} of float32 [${channels}] for ${describe(x)}`, describe(tensor));
    }
  }
  return channels;
}

/** One number a channel, as it broadcasts over an image. */
export function alongChannels(perChannel: Tensor): Tensor {
  return reshape(perChannel, [1, perChannel.shape[0]!, 1, 1]);
}

/** [C], every element the same. */
export function filled(value: number, channels: number): Tensor {
  return constant(new Array<number>(channels).fill(value), [channels]);
}

const channelDotOperator: Operator<undefined> = {
  name: 'channelDot',
  shape([a, b]) {
    const channels = expectChannels('channelDot', a!, {});
    if (!equalShapes(a!.shape, b!.shape)) shapeError('channelDot', describe(a!), describe(b!));
    return { shape: [channels], dtype: 'float32' };
  },
  reference([a, b], _, [channels]) {
    const area = a!.shape[2]! * a!.shape[3]!;
    const result = new Float64Array(channels!);
    a!.data.forEach((value, i) => {
      result[Math.floor(i / area) % channels!]! += value * b!.data[i]!;
    });
    return result;
  },
  gradient(g, { inputs: [a, b] }, [first, second]) {
    const along = alongChannels(g);
    return [first ? mul(b!, along) : null, second ? mul(a!, along) : null];
  },
  // A row times a row transposed: on ONNX Runtime's CPU many times faster than ReduceSumSquare, than Mul and
  // ReduceSum, and than MatMul with the second operand reshaped into a column.
  onnx(emitter, [a, b], { inputs: [image] }) {
    const [batch, channels, height, width] = image!.shape;
    const rows = emitter.sides([batch!, channels!, 1, product([height!, width!])]);
    const products = emitMatrixProduct(
      emitter,
      { name: emitter.shared('Reshape', [a!, rows]), rank: 4, transposed: false },
      { name: emitter.shared('Reshape', [b!, rows]), rank: 4, transposed: true },
    );
    return emitter.node('ReduceSum', [products, emitter.ints([0, 2, 3])], { keepdims: 0 });
  },
};

/** Σ a·b of each channel, over batch and pixels: two images [N, C, H, W] to [C]. */
export function channelDot(a: Tensor, b: Tensor): Tensor {
  return apply(channelDotOperator, [a, b], undefined);
}
