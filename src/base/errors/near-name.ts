import { shown } from './arguments.js';
import { HmsaError } from './hmsa-error.js';

/** Letters of a name that may be the beginning of another. */
const LEAST_BEGINNING = 3;

/**
 * The candidate that a mistyped name most likely means: the nearest by edit distance, without regard to case, if at most
 * a third of its letters differ. Otherwise the first candidate whose words all occur in the name, such as `batch` for
 * `batchSize`. Otherwise the only one that the name begins, such as `camvid-2scale` for `camvid`. Otherwise undefined.
 */
export function nearName(name: string, candidates: readonly string[]): string | undefined {
  // Callers without types may pass something else.
  if (typeof name !== 'string') return undefined;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const most = Math.max(1, Math.ceil(candidate.length / 3));
    // The distance is at least the difference of the lengths. A damaged file may have a name of a million letters.
    if (Math.abs(name.length - candidate.length) > most) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least && distance <= most) {
      best = candidate;
      least = distance;
    }
  }
  if (best !== undefined) return best;
  const contained = candidates.find((candidate) =>
    words(candidate).every((word) => words(name).includes(word)),
  );
  if (contained !== undefined) return contained;
  const begun = candidates.filter((candidate) => candidate.toLowerCase().startsWith(name.toLowerCase()));
  return name.length >= LEAST_BEGINNING && begun.length === 1 ? begun[0] : undefined;
}

/** `batchSize`, `batch_size` and `batch-size` are two words. */
function words(name: string): string[] {
  return name
    .replace(/([a-z\d])(?=[A-Z])/g, '$1 ')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
}

/**
 * Checks the names of options, which JavaScript lets be misspelt.
 *
 * @throws HmsaError for one that is not known
 */
export function checkOptionNames(options: object, known: readonly string[], operation: string): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new HmsaError({
      operation: `${operation}: options`,
      expected: 'the name of an option',
      received: shown(name),
      remedy: suggest(name, known),
    });
  }
}

/** `Did you mean X?` or, if no candidate is near, a list of all candidates. */
export function suggest(name: string, candidates: readonly string[]): string {
  const near = nearName(name, candidates);
  return near === undefined ? `There are: ${candidates.join(', ')}.` : `Did you mean ${near}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours (Damerau, restricted). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(
        rows[i - 1]![j]! + 1,
        row[j - 1]! + 1,
        rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1) {
        cost = Math.min(cost, rows[i - 2]![j - 2]! + 1);
      }
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
