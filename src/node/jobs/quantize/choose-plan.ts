import type { Pixels } from '../../../base/pixels.js';
import type { QuantizationPlan } from '../../../engine/passes/index.js';
import type { Model } from '../../../model/file/index.js';
import {
  LogitError,
  observe,
  type RangeRule,
  type RunChoice,
  rangeBy,
  rangeRules,
} from '../../../prediction/quantization/index.js';

/** A choice of layers and ranges, with what it was chosen by. */
export interface ChosenPlan {
  readonly plan: QuantizationPlan;
  readonly rule: RangeRule;
  /** Of each rule, with all layers quantised: the error of the class scores, as a share of their size. */
  readonly ruleErrors: Readonly<Record<RangeRule, number>>;
  /** Points of mean IoU lost on the calibration images. */
  readonly loss: number;
  /** The layers that stay float, the most sensitive first, with the error of the class scores if each alone is quantised. */
  readonly float: readonly { readonly layer: string; readonly error: number }[];
}

/** What a choice is made by, and what it reports. */
export interface ChooseOptions {
  /** Points of mean IoU that may be lost on the calibration images. */
  readonly aim: number;
  /** Points of mean IoU that a plan loses on them. */
  readonly lossOf: (plan: QuantizationPlan) => Promise<number>;
  readonly onProgress?: (what: string, done: number, total: number) => unknown;
}

/** Images on which errors of class scores are measured; a layer's error hardly differs from one to the next. */
const ERROR_IMAGES = 4;

/**
 * Chooses what is quantised, by measurement: the rule for ranges with the least error of the class scores; then the fewest
 * layers that must stay float for the loss to be within the aim, the most sensitive first. If none has to, no layer is
 * measured.
 *
 * @param images RGB, as the network is to see them
 */
export async function choosePlan(
  model: Model,
  images: readonly Pixels[],
  run: RunChoice,
  { aim, lossOf, onProgress }: ChooseOptions,
): Promise<ChosenPlan> {
  const progress = (what: string) => (done: number, total: number) => onProgress?.(what, done, total);
  const { layers, histograms } = await observe(model, images, { ...run, onProgress: progress('Observing') });
  const rangesBy = (rule: RangeRule) =>
    new Map([...histograms].map(([key, histogram]) => [key, rangeBy(rule, histogram)]));
  const errors = new LogitError(model, spread(images, ERROR_IMAGES), run);

  const ruleErrors: { -readonly [R in RangeRule]?: number } = {};
  for (const rule of rangeRules)
    ruleErrors[rule] = await errors.of({ layers: new Set(layers), ranges: rangesBy(rule) });
  const rule = rangeRules.reduce((best, each) => (ruleErrors[each]! < ruleErrors[best]! ? each : best));
  const ranges = rangesBy(rule);

  const chosen = { rule, ruleErrors: ruleErrors as Record<RangeRule, number> };
  const all = { layers: new Set(layers), ranges };
  const loss = await lossOf(all);
  if (loss <= aim) return { ...chosen, plan: all, loss, float: [] };

  const sensitivities: { layer: string; error: number }[] = [];
  for (const layer of layers) {
    sensitivities.push({ layer, error: await errors.of({ layers: new Set([layer]), ranges }) });
    await progress('Measuring layers')(sensitivities.length, layers.length);
  }
  sensitivities.sort((a, b) => b.error - a.error);
  for (let count = 1; ; count *= 2) {
    const float = sensitivities.slice(0, count);
    const plan = {
      layers: new Set(layers.filter((name) => !float.some(({ layer }) => layer === name))),
      ranges,
    };
    const loss = await lossOf(plan);
    if (loss <= aim || plan.layers.size === 0) return { ...chosen, plan, loss, float };
  }
}

/** Some items of a list, at equal distances. */
export function spread<T>(items: readonly T[], count: number): T[] {
  const taken = Math.min(count, items.length);
  return Array.from({ length: taken }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / taken)]!);
}
