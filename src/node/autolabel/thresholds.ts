import { HmsaError, shown, suggest } from '../../base/errors/index.js';

/** The name that stands for every class that is not named. */
const OTHERS = '*';

export const DEFAULT_THRESHOLD = 0.9;

/** The least probability at which a label is kept: one for all classes, or by class, with `*` for those not named. */
export type Threshold = number | Readonly<Record<string, number>>;

/**
 * The threshold of each class, by train id.
 *
 * @throws HmsaError when one is no probability, or names no class
 */
export function thresholdsOf(threshold: Threshold, names: readonly string[]): number[] {
  const given: Readonly<Record<string, number>> =
    typeof threshold === 'number' ? { [OTHERS]: threshold } : threshold;
  for (const [name, value] of Object.entries(given)) {
    const operation = `threshold${name === OTHERS ? '' : ` of ${name}`}`;
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
      throw new HmsaError({
        operation,
        expected: 'a probability, 0 … 1',
        received: shown(value),
        remedy: value > 1 && value <= 100 ? `Write ${value / 100} for ${value}%.` : 'Such as 0.9.',
      });
    }
    if (name === OTHERS || names.includes(name)) continue;
    throw new HmsaError({
      operation: 'threshold',
      expected: 'names of classes',
      received: name,
      remedy: suggest(name, names),
    });
  }
  const others = Object.hasOwn(given, OTHERS) ? given[OTHERS]! : DEFAULT_THRESHOLD;
  return names.map((name) => (Object.hasOwn(given, name) ? given[name]! : others));
}
