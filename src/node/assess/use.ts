import type { Examination, Flaw } from './examine.js';

/** What a split is wanted for. */
export interface Use {
  readonly for: 'training' | 'scoring';
  /** The least side of a photograph that the model can score, in pixels; crops for training are filled up instead. */
  readonly leastSide: number;
}

/** Everything that stands between a photograph and a use of it. None: it can be used. */
export function flawsFor(use: Use, { flaws, size, hasLabel }: Examination, image: string): readonly Flaw[] {
  const more: Flaw[] = [];
  if (!hasLabel) {
    const remedy = 'Name a split with labels.';
    more.push({ kind: 'missing label', file: image, expected: 'a label map', received: 'none', remedy });
  }
  if (use.for === 'scoring' && size !== undefined && Math.min(size.width, size.height) < use.leastSide) {
    const expected = `at least ${use.leastSide}×${use.leastSide} pixels, for the model's stride at its smallest scale`;
    const remedy = 'Take larger photographs, or leave out the small scales.';
    more.push({
      kind: 'too small',
      file: image,
      expected,
      received: `${size.width}×${size.height}`,
      remedy,
    });
  }
  return [...flaws, ...more];
}

/**
 * Whether leaving a photograph out changes nothing that its user could want: there is nothing in it to learn from, or
 * nothing to score. A score without an unlabelled photograph would be that of another split, and has to be asked for.
 */
export function isIdle(use: Use, flaws: readonly Flaw[]): boolean {
  return flaws.every(
    ({ kind }) => kind === 'void label' || (kind === 'missing label' && use.for === 'training'),
  );
}
