import { type Fingerprint, likeness } from './perceptual-hash.js';

interface Seen {
  readonly file: string;
  readonly fingerprint: Fingerprint;
}

/** A photograph that a later split shares with an earlier one, its twin. */
export interface NearDuplicate {
  readonly file: string;
  readonly split: string;
  readonly twin: string;
  readonly twinSplit: string;
  readonly how: 'same' | 'near';
}

/**
 * The photographs of a later split that are the same as, or nearly equal to, one of an earlier split: a score on
 * them says how well the model remembers. Where a photograph was copied into another split, the copy's
 * neighbours in the video are near it too; then the copy alone is named, since it is what must go.
 */
export function nearDuplicates(splits: ReadonlyMap<string, readonly Seen[]>): NearDuplicate[] {
  const names = [...splits.keys()];
  const matches = names.flatMap((split, i) =>
    splits.get(split)!.flatMap((seen) => matchOf(seen, split, names.slice(0, i), splits) ?? []),
  );
  const copied = new Set(matches.filter(({ how }) => how === 'same').map(keyOfTwin));
  return matches.filter((match) => match.how === 'same' || !copied.has(keyOfTwin(match)));
}

/** The most alike photograph of the earlier splits, the first of equals. */
function matchOf(
  { file, fingerprint }: Seen,
  split: string,
  earlier: readonly string[],
  splits: ReadonlyMap<string, readonly Seen[]>,
): NearDuplicate | undefined {
  let best: NearDuplicate | undefined;
  for (const twinSplit of earlier) {
    for (const other of splits.get(twinSplit)!) {
      const how = likeness(other.fingerprint, fingerprint);
      if (how === undefined) continue;
      const match: NearDuplicate = { file, split, twin: other.file, twinSplit, how };
      if (how === 'same') return match;
      best ??= match;
    }
  }
  return best;
}

function keyOfTwin({ split, twin, twinSplit }: NearDuplicate): string {
  return `${split}\n${twinSplit}\n${twin}`;
}
