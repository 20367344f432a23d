import type { OnnxEmitter } from '../graph/index.js';

/**
 * A matrix product over the last two axes, with either operand (of the given rank) transposed, in operators that
 * every device has. On the CPU, ONNX Runtime itself fuses Transpose and MatMul into FusedMatMul. Do not emit FusedMatMul:
 * WebGPU has no kernel for it, so ONNX Runtime would run it on the CPU, with a copy each way.
 */
export function emitMatrixProduct(
  emitter: OnnxEmitter,
  a: { readonly name: string; readonly rank: number; readonly transposed: boolean },
  b: { readonly name: string; readonly rank: number; readonly transposed: boolean },
): string {
  const operand = ({ name, rank, transposed }: typeof a) => {
    if (!transposed) return name;
    const axes = Array.from({ length: rank }, (_, axis) => axis);
    return emitter.shared('Transpose', [name], { perm: [...axes.slice(0, -2), rank - 1, rank - 2] });
  };
  return emitter.node('MatMul', [operand(a), operand(b)]);
}
