import type { Pixels } from '../../base/pixels.js';
import { slice } from '../../engine/ops/index.js';
import type { QuantizationPlan } from '../../engine/passes/index.js';
import type { Model } from '../../model/file/index.js';
import { compileModel } from '../compile-model.js';
import { inferenceOutputs } from '../inference-graph.js';
import { feedsOf, type RunChoice } from './observe.js';

/** Rows and columns between the pixels whose scores are compared. */
const SPACING = 3;

/** Measures how far the class scores of a quantised network are from those of the float network. */
export class LogitError {
  readonly #model: Model;
  readonly #images: readonly Pixels[];
  readonly #choice: RunChoice;
  #exact: Promise<readonly Float32Array[]> | undefined;

  constructor(model: Model, images: readonly Pixels[], choice: RunChoice) {
    this.#model = model;
    this.#images = images;
    this.#choice = choice;
  }

  /**
   * The error of a plan: the root of the mean squared difference of the scores, as a share of the root of their mean square.
   *
   * @throws HmsaError when a graph cannot be opened or run
   */
  async of(plan: QuantizationPlan): Promise<number> {
    this.#exact ??= this.#scores(undefined);
    const exact = await this.#exact;
    const scores = await this.#scores(plan);
    let [difference, total] = [0, 0];
    exact.forEach((values, image) => {
      values.forEach((value, i) => {
        difference += (value - scores[image]![i]!) ** 2;
        total += value ** 2;
      });
    });
    return Math.sqrt(difference / total);
  }

  async #scores(quantization: QuantizationPlan | undefined): Promise<Float32Array[]> {
    const { config, weights } = this.#model;
    const { open, session: options, signal } = this.#choice;
    const { logits } = inferenceOutputs(config, { ...this.#choice, labels: false, logits: true });
    const thinned = slice(slice(logits!, 2, 0, undefined, SPACING), 3, 0, undefined, SPACING);
    const computed = { weights, ...(quantization && { quantization }) };
    const session = await open(compileModel(computed, { logits: thinned }), options);
    try {
      const scores: Float32Array[] = [];
      for (const image of this.#images) {
        const results = await session.run(feedsOf(image), signal === undefined ? {} : { signal });
        scores.push(results.logits!.data as Float32Array);
      }
      return scores;
    } finally {
      await session.dispose();
    }
  }
}
