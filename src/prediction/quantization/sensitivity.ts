import type { Pixels } from '../../base/pixels.js';
import { gradients } from '../../engine/autodiff.js';
import { constant, input, type Tensor } from '../../engine/graph/index.js';
import { lower } from '../../engine/onnx/lower.js';
import { addAll, mul, randomUniform, sub, sum, sumOfSquares } from '../../engine/ops/index.js';
import {
  mergeCommon,
  type QuantizationPlan,
  quantizable,
  quantize,
  simplify,
} from '../../engine/passes/index.js';
import type { Model } from '../../model/file/index.js';
import { leastSide } from '../../model/index.js';
import { fittingWeightType } from '../eight-bits.js';
import { inferenceOutputs } from '../inference-graph.js';
import { resized, seenSize } from '../reduction.js';
import { feedsOf, type RunChoice } from './observe.js';

/** Images are reduced to this many pixels: the graph holds what a step of training would. */
const AREA = { width: 400, height: 250 };

/** Random directions for each image. */
const PROBES = 4;

/** Words of a seed or a step of `randomUniform`. */
const WORDS = 8;

/**
 * How much each layer of a plan, quantised alone, changes the class scores: the root of the expected squared change, as a
 * share of the root of their mean square, to first order.
 *
 * One graph measures all layers. Beside each layer of the float network it computes the same layer in 8 bits, and so the error
 * e of its result. For random scores v whose elements are independent with variance 1, the squared change |J·e|² of all scores
 * is the mean of (v·J·e)², and v·J is one gradient for all layers (Hutchinson 1990).
 *
 * @param images RGB, as the network is to see them
 * @throws HmsaError when a graph cannot be opened or run
 */
export async function sensitivities(
  model: Model,
  images: readonly Pixels[],
  plan: QuantizationPlan,
  choice: RunChoice,
): Promise<Map<string, number>> {
  const { open, session: options, signal, onProgress } = choice;
  const { width, height } = seenSize(images[0]!, AREA, undefined, leastSide(model.config, choice.scales));
  const weightType = await fittingWeightType(open, options);
  // Gradients need sides that are numbers, so all images are resized to those of the first.
  const way = { ...choice, size: [height, width], labels: false, logits: true } as const;
  const { logits } = inferenceOutputs(model.config, way);
  const program = simplify({ outputs: { logits: logits! }, constants: model.weights });
  const { results } = quantizable(program);
  const layers = [...results.keys()].filter((layer) => plan.layers.has(layer));

  const step = input('step', [WORDS]);
  const scores = program.outputs.logits!;
  const uniform = randomUniform(constant(new Float32Array(WORDS), [WORDS]), step, 'scores', scores.shape);
  const direction = mul(sub(uniform, 0.5), Math.sqrt(12));
  const backward = gradients(sum(mul(scores, direction)), [...results.values()].flat());
  const changes = layers.map((layer, i): [string, Tensor] => {
    const alone = { layers: new Set([layer]), ranges: plan.ranges };
    const changeOf = (exact: Tensor) => {
      const { result } = quantize({ ...program, outputs: { result: exact } }, alone, { weightType }).outputs;
      return sum(mul(backward.get(exact)!, sub(result!, exact)));
    };
    return [
      `change${i}`,
      addAll(
        results
          .get(layer)!
          .filter((exact) => backward.has(exact))
          .map(changeOf),
      ),
    ];
  });
  const outputs = { ...Object.fromEntries(changes), total: sumOfSquares(scores) };
  const session = await open(lower(mergeCommon({ outputs, constants: program.constants })), options);

  const squares = new Float64Array(layers.length);
  let total = 0;
  try {
    for (const [i, image] of images.entries()) {
      const seen = feedsOf(resized(image, { width, height }));
      for (let probe = 0; probe < PROBES; probe++) {
        const words = new Float32Array(WORDS);
        words[0] = i * PROBES + probe;
        const feeds = { ...seen, step: { dtype: 'float32', shape: [WORDS], data: words } as const };
        const values = await session.run(feeds, signal === undefined ? {} : { signal });
        layers.forEach((_, layer) => {
          squares[layer]! += Number(values[`change${layer}`]!.data[0]) ** 2;
        });
        total += Number(values.total!.data[0]);
        await onProgress?.(words[0]! + 1, images.length * PROBES);
      }
    }
  } finally {
    await session.dispose();
  }
  return new Map(layers.map((layer, i) => [layer, Math.sqrt(squares[i]! / total)]));
}
