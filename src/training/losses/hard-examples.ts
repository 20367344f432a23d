import { apply, type Operator, staticShape, type Tensor } from '../../engine/graph/index.js';
import type { LossConfig } from './loss-config.js';

type HardExamples = NonNullable<LossConfig['hardExamples']>;

const hardestPixelsOperator: Operator<HardExamples> = {
  name: 'hardestPixels',
  shape: ([losses]) => ({ shape: staticShape('hardExamples', losses!), dtype: 'float32' }),
  reference([losses, valid], { probability, least }) {
    const known = losses!.data.filter((_, i) => valid!.data[i] !== 0).sort((a, b) => b - a);
    const kept = Math.max(1, Math.floor(least * known.length));
    const [limit, smallest] = [-Math.log(probability), known[kept - 1] ?? 0];
    return losses!.data.map((loss, i) => Number(valid!.data[i] !== 0 && (loss > limit || loss >= smallest)));
  },
  gradient: 'none',
  onnx(emitter, [losses, valid], { attributes: { probability, least } }) {
    const flat = (value: string) => emitter.node('Reshape', [value, emitter.ints([-1])]);
    const known = emitter.cast(valid!, 'bool');
    // Void pixels are easier than any other.
    const ranked = emitter.node('Where', [known, losses!, emitter.float(-1)]);
    const count = emitter.node('ReduceSum', [flat(valid!), emitter.ints([0])], { keepdims: 1 });
    const share = emitter.node('Floor', [emitter.node('Mul', [count, emitter.float(least)])]);
    const kept = emitter.cast(emitter.node('Max', [share, emitter.float(1)]), 'int64');
    const [top] = emitter.nodeWithOutputs('TopK', [flat(ranked), kept], { largest: 1, sorted: 0 }, 2);
    const smallest = emitter.node('ReduceMin', [top!, emitter.ints([0])], { keepdims: 0 });
    const isHard = emitter.node('Or', [
      emitter.node('Greater', [ranked, emitter.float(-Math.log(probability))]),
      emitter.node('GreaterOrEqual', [ranked, smallest]),
    ]);
    return emitter.cast(emitter.node('And', [known, isHard]), 'float32');
  },
};

/**
 * 1 for hard pixels, 0 for the others and void: the label of a hard pixel has less than the given probability, or it is
 * one of the `least` share of the labelled pixels with the largest losses, of which there is at least one.
 *
 * @param losses −log p of each pixel's label [N, H, W], sides that are numbers
 * @param valid 1 for labelled pixels, 0 for void, [N, H, W]
 * @returns [N, H, W]
 */
export function hardestPixels(losses: Tensor, valid: Tensor, { probability, least }: HardExamples): Tensor {
  return apply(hardestPixelsOperator, [losses, valid], { probability, least });
}
