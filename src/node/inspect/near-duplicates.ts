import { type Fingerprint, isNearDuplicate } from '../../data/index.js';
import type { Fault } from '../datasets/index.js';

interface Seen {
  readonly file: string;
  readonly fingerprint: Fingerprint;
}

/**
 * The photographs of a later split that are nearly equal to one of an earlier split, each with the first such: a
 * score on them says how well the model remembers.
 */
export function nearDuplicates(splits: ReadonlyMap<string, readonly Seen[]>): Fault[] {
  const faults: Fault[] = [];
  const names = [...splits.keys()];
  names.forEach((split, i) => {
    for (const { file, fingerprint } of splits.get(split)!) {
      for (const earlier of names.slice(0, i)) {
        const twin = splits.get(earlier)!.find((other) => isNearDuplicate(other.fingerprint, fingerprint));
        if (twin === undefined) continue;
        faults.push({
          kind: 'near-duplicate',
          file,
          split,
          detail: `nearly equal to ${twin.file} of ${earlier}`,
        });
        break;
      }
    }
  });
  return faults;
}
