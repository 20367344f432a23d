import { constant, input } from '../engine/graph/index.js';
import { compile } from '../engine/onnx/lower.js';
import { conv2d, dequantizeLinear, quantizeLinear } from '../engine/ops/index.js';
import type { QuantizePassOptions } from '../engine/passes/index.js';
import type { Session, SessionOptions } from '../engine/runtime/index.js';

const CHANNELS = 64;
const SIDE = 4;
const [LARGEST_ACTIVATION, LARGEST_WEIGHT] = [255, 127];

/**
 * The type in which a machine computes weights of 8 bits correctly. x64 processors without VNNI instructions add two products of
 * uint8 and int8 in 16 bits and cut off what is beyond them, without a word. So a small convolution is run whose products are
 * the largest that there are.
 *
 * @throws HmsaError when its graph cannot be opened or run
 */
export async function fittingWeightType(
  open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>,
  options: SessionOptions,
): Promise<NonNullable<QuantizePassOptions['weightType']>> {
  const session = await open(largestProducts(), options);
  try {
    const shape = [1, CHANNELS, SIDE, SIDE];
    const data = new Uint8Array(CHANNELS * SIDE * SIDE).fill(LARGEST_ACTIVATION);
    const { sum } = await session.run({ x: { dtype: 'uint8', shape, data } });
    return sum!.data.every((value) => Number(value) === LARGEST_ACTIVATION) ? 'int8' : 'uint8';
  } finally {
    await session.dispose();
  }
}

/** A convolution over all channels, scaled so that its exact result is the largest number of 8 bits. */
function largestProducts(): Uint8Array {
  const x = dequantizeLinear(input('x', [1, CHANNELS, SIDE, SIDE], 'uint8'), 1);
  const codes = new Int8Array(CHANNELS * CHANNELS).fill(LARGEST_WEIGHT);
  const weight = dequantizeLinear(
    constant(codes, [CHANNELS, CHANNELS, 1, 1], 'int8'),
    Array(CHANNELS).fill(1),
  );
  const scale = CHANNELS * LARGEST_WEIGHT;
  return compile({
    outputs: { sum: quantizeLinear(conv2d(x, weight), { scale, zeroPoint: 0, dtype: 'uint8' }) },
  });
}
