import type { PhotoDoubt } from '../images/index.js';

/** A photograph and a doubt about it. */
export interface Doubted {
  /** Path below the root. */
  readonly file: string;
  readonly hasLabel: boolean;
  readonly doubts: readonly PhotoDoubt[];
}

const meanings: Readonly<Record<PhotoDoubt['kind'], (count: string) => string>> = {
  constant: (count) => `${count} nearly one colour throughout`,
  dark: (count) => `${count} 16-bit and dark, perhaps of fewer bits`,
  turned: (count) =>
    `${count} stored turned: a mask drawn without the EXIF orientation has the right size but does not match`,
};

/** A sentence for each kind of doubt, with the number of photographs and the first of them. */
export function doubtNotes(doubted: readonly Doubted[]): string[] {
  return (Object.keys(meanings) as PhotoDoubt['kind'][]).flatMap((kind) => {
    const found = doubted.flatMap(({ file, hasLabel, doubts }) => {
      const doubt = doubts.find((entry) => entry.kind === kind);
      // The orientation of a photograph matters only if it has a mask.
      return doubt === undefined || (kind === 'turned' && !hasLabel) ? [] : [{ file, detail: doubt.detail }];
    });
    const [first] = found;
    if (first === undefined) return [];
    const count = found.length === 1 ? '1 photograph is' : `${found.length} photographs are`;
    return [`${meanings[kind](count)}; such as ${first.file} (${first.detail}).`];
  });
}
