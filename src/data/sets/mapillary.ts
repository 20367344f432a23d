import { HmsaError } from '../../base/errors/index.js';
import { VOID } from '../contracts.js';
import { type Label, type LabelSet, labelSetOf } from '../label-set.js';

/**
 * The label set that a Mapillary Vistas `config_*.json` describes (Neuhold et al. 2017). The position of an entry is
 * its id in the files, and the entries to be evaluated are the classes, in their order (65 of v1.2's 66).
 *
 * @param config the parsed file
 * @param name what errors call it
 * @throws HmsaError when the file has another form, or more classes than a label map of bytes can hold
 */
export function mapillaryLabels(config: unknown, name: string): LabelSet {
  const entries = (config as { labels?: unknown } | null)?.labels;
  if (!Array.isArray(entries) || !entries.every(isEntry)) {
    throw new HmsaError({
      operation: name,
      expected: 'a Mapillary Vistas config with a list `labels` of name, color and evaluate',
      received: 'something else',
      remedy: 'Use the config_v1.2.json or config_v2.0.json of the download.',
    });
  }
  let classes = 0;
  const labels = entries.map(
    ({ name, color, evaluate }, id): Label => ({ id, name, color, trainId: evaluate ? classes++ : VOID }),
  );
  if (classes >= VOID) {
    throw new HmsaError({ operation: name, expected: 'fewer than 255 classes', received: `${classes}` });
  }
  return labelSetOf(labels);
}

interface Entry {
  readonly name: string;
  readonly color: [number, number, number];
  readonly evaluate: boolean;
}

function isEntry(entry: Partial<Entry> | null): entry is Entry {
  return (
    typeof entry?.name === 'string' &&
    typeof entry.evaluate === 'boolean' &&
    Array.isArray(entry.color) &&
    entry.color.length === 3 &&
    entry.color.every((part) => Number.isInteger(part) && part >= 0 && part <= 255)
  );
}
