import { roundHalfToEven } from '../../base/arrays.js';
import { checkArgument, isObject } from '../../base/errors/index.js';
import {
  apply,
  describe,
  expectDType,
  expectTensor,
  type OnnxEmitter,
  type Operator,
  resolveAxis,
  shapeError,
  type Tensor,
} from '../graph/index.js';

/** How 8-bit integers q represent numbers x: x = scale · (q − zeroPoint). */
export interface Quantization {
  /** Above 0, held as float32. */
  readonly scale: number;
  /** The integer that represents 0. */
  readonly zeroPoint: number;
  readonly dtype: 'uint8' | 'int8';
}

const limits = { uint8: [0, 255], int8: [-128, 127] } as const;

const quantizeOperator: Operator<Quantization> = {
  name: 'quantizeLinear',
  shape([x], { dtype }) {
    expectDType('quantizeLinear', 'an operand', x!, 'float32');
    return { shape: x!.shape, dtype };
  },
  reference([x], { scale, zeroPoint, dtype }) {
    const [least, largest] = limits[dtype];
    return x!.data.map((value) =>
      Math.min(Math.max(roundHalfToEven(value / scale) + zeroPoint, least), largest),
    );
  },
  gradient: 'none',
  onnx: (emitter, [x], { attributes: { scale, zeroPoint, dtype } }) =>
    emitter.node('QuantizeLinear', [x!, emitter.float(scale), integer(emitter, zeroPoint, dtype)]),
};

interface DequantizeAttributes {
  /** One, or one for each index of the axis. */
  readonly scales: readonly number[];
  readonly zeroPoint: number;
  readonly axis: number;
}

const dequantizeOperator: Operator<DequantizeAttributes> = {
  name: 'dequantizeLinear',
  shape([q], { scales, axis }) {
    expectDType('dequantizeLinear', 'an operand', q!, 'uint8', 'int8', 'int32');
    if (scales.length !== 1 && q!.shape[axis] !== scales.length)
      shapeError('dequantizeLinear', `${scales.length} indices along axis ${axis}`, describe(q!));
    return { shape: q!.shape, dtype: 'float32' };
  },
  reference([q], { scales, zeroPoint, axis }) {
    const inner = q!.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return q!.data.map((value, i) => scales[Math.floor(i / inner) % scales.length]! * (value - zeroPoint));
  },
  // Integers have no gradient.
  gradient: 'none',
  onnx(emitter, [q], { inputs: [operand], attributes: { scales, zeroPoint, axis } }) {
    const { dtype } = operand as { readonly dtype: 'uint8' | 'int8' | 'int32' };
    if (scales.length === 1)
      return emitter.node('DequantizeLinear', [
        q!,
        emitter.float(scales[0]!),
        ...(dtype === 'int32' ? [] : [integer(emitter, zeroPoint, dtype)]),
      ]);
    // ONNX Runtime fuses a convolution only if the zero points of its weights are written out.
    const zeros =
      dtype === 'int32'
        ? []
        : [
            emitter.constant({
              dtype,
              shape: [scales.length],
              data: new (dtype === 'int8' ? Int8Array : Uint8Array)(scales.length).fill(zeroPoint),
            } as Parameters<OnnxEmitter['constant']>[0]),
          ];
    return emitter.node('DequantizeLinear', [q!, emitter.float(scales), ...zeros], { axis });
  },
};

function integer(emitter: OnnxEmitter, value: number, dtype: 'uint8' | 'int8'): string {
  return dtype === 'uint8'
    ? emitter.constant({ dtype, shape: [], data: Uint8Array.of(value) })
    : emitter.constant({ dtype, shape: [], data: Int8Array.of(value) });
}

/**
 * Numbers as integers of 8 bits: x / scale rounded to the nearest, halves to even, + zeroPoint, limited to what the type
 * holds. ONNX's QuantizeLinear.
 *
 * @throws HmsaError when the scale is not above 0 or the type cannot hold the zero point
 */
export function quantizeLinear(x: Tensor, quantization: Quantization): Tensor {
  expectTensor('quantizeLinear', x);
  checkArgument(isObject(quantization), 'quantizeLinear', 'a scale, a zero point and a type', quantization);
  const { scale, zeroPoint, dtype } = quantization;
  checkArgument(dtype === 'uint8' || dtype === 'int8', 'quantizeLinear', 'the type uint8 or int8', dtype);
  checkScale('quantizeLinear', scale);
  const [least, largest] = limits[dtype];
  const isHeld = Number.isInteger(zeroPoint) && zeroPoint >= least && zeroPoint <= largest;
  checkArgument(isHeld, 'quantizeLinear', `a zero point that ${dtype} can hold`, zeroPoint);
  return apply(quantizeOperator, [x], { scale: Math.fround(scale), zeroPoint, dtype });
}

/** Options of {@link dequantizeLinear}. */
export interface DequantizeOptions {
  /** Default 0. int32 has none but 0. */
  readonly zeroPoint?: number;
  /** The axis of several scales; default 0. */
  readonly axis?: number;
}

/**
 * The numbers that integers stand for: scale · (q − zeroPoint). ONNX's DequantizeLinear.
 *
 * @param q uint8, int8 or int32
 * @param scales one for all elements, or a list with one for each index of the axis, above 0
 * @throws HmsaError when the scales do not fit q, or the type cannot hold the zero point
 */
export function dequantizeLinear(
  q: Tensor,
  scales: number | readonly number[],
  options: DequantizeOptions = {},
): Tensor {
  expectDType('dequantizeLinear', 'an operand', q, 'uint8', 'int8', 'int32');
  checkArgument(isObject(options), 'dequantizeLinear', 'an object of options', options);
  const { zeroPoint = 0, axis = 0 } = options;
  const list = typeof scales === 'number' ? [scales] : scales;
  checkArgument(Array.isArray(list) && list.length > 0, 'dequantizeLinear', 'scales', scales);
  for (const scale of list) checkScale('dequantizeLinear', scale);
  const [least, largest] = q.dtype === 'int32' ? [0, 0] : limits[q.dtype as 'uint8' | 'int8'];
  const isHeld = Number.isInteger(zeroPoint) && zeroPoint >= least && zeroPoint <= largest;
  checkArgument(isHeld, 'dequantizeLinear', `a zero point from ${least} to ${largest}`, zeroPoint);
  return apply(dequantizeOperator, [q], {
    scales: Array.from(list, Math.fround),
    zeroPoint,
    axis: list.length === 1 ? 0 : resolveAxis('dequantizeLinear', axis, q.shape.length),
  });
}

function checkScale(operation: string, scale: unknown): void {
  const isScale = typeof scale === 'number' && Math.fround(scale) > 0 && Math.fround(scale) < Infinity;
  checkArgument(isScale, operation, 'a scale above 0', scale);
}

/** Whether a tensor is the result of {@link dequantizeLinear}. */
export function isDequantizeLinear(tensor: Tensor): boolean {
  return tensor.operator === dequantizeOperator;
}
