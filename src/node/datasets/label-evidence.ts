import { type LabelRule, packColor, VOID } from '../../data/index.js';
import { type LabelCensus, OTHER_KEYS, shownColorOf, storedValueOf } from './label-census.js';
import type { LabelEvidence } from './tree.js';

/** The train id of each value, or of each packed colour. */
export function trainIdsOf({ trainIds }: LabelRule): Map<number, number> {
  return new Map(trainIds.map(([key, id]) => [typeof key === 'number' ? key : packColor(...key), id]));
}

/** How much of the label files a rule reads as classes, as void and not at all. */
export function evidenceOf({ files, pixels }: LabelCensus, rule: LabelRule, source: string): LabelEvidence {
  const trainIds = trainIdsOf(rule);
  const keyOf = rule.by === 'value' ? storedValueOf : shownColorOf;
  let [voidPixels, unknownPixels] = [0, 0];
  for (const file of files) {
    for (const [stored, count] of file.counts) {
      const trainId = stored === OTHER_KEYS ? undefined : trainIds.get(keyOf(file, stored) ?? OTHER_KEYS);
      if (trainId === undefined) unknownPixels += count.pixels;
      else if (trainId === VOID) voidPixels += count.pixels;
    }
  }
  return { source, files: files.length, pixels, voidPixels, unknownPixels };
}
