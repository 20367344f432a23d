import { HmsaError } from '../../base/errors/index.js';
import { type Dataset, labelReader } from '../../data/index.js';
import { SyntheticDataset, type SyntheticParts } from '../../scenes/index.js';
import { FileDataset, type FileDatasetParts } from '../datasets/index.js';
import { decodeLabels } from '../images/index.js';

/** A data set as plain data, from which every worker thread opens its own. */
export type DatasetSource =
  | { readonly kind: 'files'; readonly parts: FileDatasetParts }
  | { readonly kind: 'synthetic'; readonly parts: SyntheticParts };

/**
 * What a worker thread needs to open the same data set.
 *
 * @throws HmsaError for a data set of the caller's own making, which only the calling thread has
 */
export function sourceOf(dataset: Dataset): DatasetSource {
  if (dataset instanceof FileDataset) return { kind: 'files', parts: dataset.parts };
  if (dataset instanceof SyntheticDataset) return { kind: 'synthetic', parts: dataset.parts };
  throw new HmsaError({
    operation: 'loader',
    expected: 'a data set opened by openDataset',
    received: 'one of another class, which cannot cross to worker threads',
    remedy: 'Load it with workers: 0, in the calling thread.',
  });
}

export function openSource(source: DatasetSource): Dataset {
  return source.kind === 'files' ? new FileDataset(source.parts) : new SyntheticDataset(source.parts);
}

/** A label map alone, without the photograph where it is a file of its own; undefined where there is none. */
export async function readLabel(
  dataset: Dataset,
  index: number,
): Promise<{ label: Uint8Array; width: number; height: number } | undefined> {
  if (dataset instanceof FileDataset) {
    const { label: path } = dataset.item(index);
    if (path === undefined) return undefined;
    const { pixelLimit, rule } = dataset.parts;
    const stored = await decodeLabels(path, pixelLimit === undefined ? {} : { pixelLimit });
    return { label: labelReader(rule)(stored).data, width: stored.width, height: stored.height };
  }
  const { label, width, height } = await dataset.get(index);
  return label && { label, width, height };
}
