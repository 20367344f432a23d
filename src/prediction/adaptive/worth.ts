/** What the highest scale made of one cell. */
export interface Change {
  /** The label of the lower scales, a class of the model. */
  readonly top: number;
  readonly isChanged: boolean;
  /** The truth, that label and the one of all scales, as classes that are scored; others are none of them. */
  readonly truth: number;
  readonly before: number;
  readonly after: number;
}

/** The share of all chances that stands for classes of which little was seen, and the least worth of any class. */
const PRIOR = 0.02;
const LEAST = 0.02;

/**
 * What it is worth to compute the highest scale where the lower ones say a class, for each class of the model; 1 on average.
 * Mean IoU weighs a pixel of a rare class more than one of a frequent class, and the highest scale mends some labels and spoils
 * others. So this is the gain in mean IoU, to first order, for each change that the chances promise.
 *
 * @param chances of a change, for each cell
 * @param classes those of the model, and those that are scored
 */
export function worthOf(
  changes: readonly Change[],
  chances: readonly number[],
  classes: { readonly model: number; readonly scored: number },
): number[] {
  const { rights, unions } = areasOf(changes, classes.scored);
  const gains = new Float64Array(classes.model);
  const promised = new Float64Array(classes.model);
  changes.forEach(({ top, isChanged, truth, before, after }, i) => {
    if (truth >= classes.scored) return;
    promised[top]! += chances[i]!;
    if (!isChanged) return;
    const effect = (label: number) => {
      if (label === truth) return 1 / unions[truth]!;
      return label < classes.scored && unions[label]! > 0 ? -rights[label]! / unions[label]! ** 2 : 0;
    };
    gains[top]! += effect(after) - effect(before);
  });
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const [gain, total] = [sum(gains), sum(promised)];
  if (!(gain > 0 && total > 0)) return new Array<number>(classes.model).fill(1);
  const worth = Array.from(gains, (own, c) => (own + PRIOR * gain) / (promised[c]! + PRIOR * total));
  // In units of the mean over all promised changes.
  return worth.map((each) => Math.max(LEAST, (each * total) / gain));
}

/** Cells of each class that the lower scales have right, and those that are of it or labelled as it. */
function areasOf(changes: readonly Change[], scored: number) {
  const [rights, unions] = [new Float64Array(scored), new Float64Array(scored)];
  for (const { truth, before } of changes) {
    if (truth >= scored) continue;
    unions[truth]!++;
    if (before === truth) rights[truth]!++;
    else if (before < scored) unions[before]!++;
  }
  return { rights, unions };
}
