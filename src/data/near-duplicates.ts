import { type Fingerprint, likeness } from './perceptual-hash.js';

interface Seen {
  readonly file: string;
  readonly fingerprint: Fingerprint;
}

/** A photograph of a later split and its twin, a nearly equal one of an earlier split. */
export interface NearDuplicate {
  readonly file: string;
  readonly split: string;
  readonly twin: string;
  readonly twinSplit: string;
  readonly how: 'same' | 'near';
}

/**
 * The photographs of a later split that are equal or nearly equal to one of an earlier split. A score on them shows how
 * well the model remembers. If a photograph was copied into another split, the copy's neighbours in the video are near
 * it too. Then only the copy is named, because it must be removed.
 */
export function nearDuplicates(splits: ReadonlyMap<string, readonly Seen[]>): NearDuplicate[] {
  const names = [...splits.keys()];
  const matches = names.flatMap((split, i) =>
    splits.get(split)!.flatMap((seen) => matchOf(seen, split, names.slice(0, i), splits) ?? []),
  );
  const copied = new Set(matches.filter(({ how }) => how === 'same').map(keyOfTwin));
  return matches.filter((match) => match.how === 'same' || !copied.has(keyOfTwin(match)));
}

/** The most similar photograph of the earlier splits; the first one if several are equally similar. */
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
