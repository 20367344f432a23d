import type { OnnxEmitter } from '../graph/index.js';

/**
 * A matrix product over the last two axes, with either operand (of the given rank) transposed, in operators that
 * every device has. ONNX Runtime's CPU joins Transpose and MatMul into its FusedMatMul by itself; to emit that one
 * would leave it to the CPU on WebGPU, which has no kernel for it, with a copy each way.
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
