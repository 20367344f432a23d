import { apply, type Operator, staticShape, type Tensor } from '../../engine/graph/index.js';
import { classIndex } from './labels.js';
import type { LossConfig } from './loss-config.js';

type ImageWeights = NonNullable<LossConfig['imageWeights']>;

const presenceWeightsOperator: Operator<ImageWeights & { readonly classes: number }> = {
  name: 'presenceWeights',
  shape: ([labels]) => ({
    shape: staticShape('imageWeights', labels!),
    dtype: 'float32',
  }),
  reference([labels], { of, upperBound, classes }) {
    const { shape, data } = labels!;
    const area = data.length / shape[0]!;
    const isClass = (label: number) => label >= 0 && label < classes;
    return data.map((label, pixel) => {
      if (!isClass(label)) return 0;
      const image = Math.floor(pixel / area);
      const counted = of === 'batch' ? data : data.subarray(image * area, (image + 1) * area);
      const known = counted.filter(isClass);
      return 1 + upperBound * (1 - known.filter((one) => one === label).length / known.length);
    });
  },
  gradient: 'none',
  onnx(emitter, [labels], { inputs: [map], attributes: { of, upperBound, classes }, shape }) {
    const [n, height, width] = map!.shape as [number, number, number];
    const pixels = emitter.ints([n, height * width]);
    // Void is counted apart, in the last place: index −1 counts from the end.
    const index = emitter.node('Reshape', [classIndex(emitter, labels!, -1, classes), pixels]);
    const counts = emitter.node(
      'ScatterElements',
      [
        emitter.node('ConstantOfShape', [emitter.ints([n, classes + 1])]),
        index,
        emitter.node('Expand', [emitter.float(1), pixels]),
      ],
      { axis: 1, reduction: 'add' },
    );
    const known = new Array<number>(classes + 1).fill(1);
    known[classes] = 0;
    let labelled = emitter.node('Mul', [counts, emitter.float(known, [classes + 1])]);
    if (of === 'batch') labelled = emitter.node('ReduceSum', [labelled, emitter.ints([0])], { keepdims: 1 });
    const total = emitter.node('ReduceSum', [labelled, emitter.ints([1])], { keepdims: 1 });
    const shares = emitter.node('Div', [labelled, emitter.node('Max', [total, emitter.float(1)])]);
    const rare = emitter.node('Mul', [
      emitter.node('Sub', [emitter.float(1), shares]),
      emitter.float(upperBound),
    ]);
    const weights = emitter.node('Mul', [
      emitter.node('Add', [rare, emitter.float(1)]),
      emitter.float(known, [classes + 1]),
    ]);
    const each = emitter.node('Expand', [weights, emitter.ints([n, classes + 1])]);
    const result = emitter.node('GatherElements', [each, index], { axis: 1 });
    return emitter.node('Reshape', [result, emitter.sides(shape)]);
  },
};

/**
 * The weight of each pixel's class, 1 + upperBound · (1 − its share of the labelled pixels); 0 if the label is void.
 *
 * @param labels [N, H, W], sides that are numbers
 * @returns [N, H, W]
 */
export function presenceWeights(labels: Tensor, classes: number, { of, upperBound }: ImageWeights): Tensor {
  return apply(presenceWeightsOperator, [labels], { of, upperBound, classes });
}
