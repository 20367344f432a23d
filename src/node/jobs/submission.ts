import { checkText, HmsaError, withFile } from '../../base/errors/index.js';
import { callback, checkNamed, signal } from '../../base/schema/index.js';
import { readAhead } from '../../base/tasks.js';
import { checkDataset, cityscapes, type Dataset } from '../../data/index.js';
import { checkSegmenter, type Segmenter, type SegmentOptions } from '../../prediction/index.js';
import { writeCityscapesSubmission } from '../datasets/index.js';

export interface SubmissionOptions extends Omit<SegmentOptions, 'details'> {
  readonly onProgress?: (done: number, total: number) => unknown;
}

/**
 * Predicts a Cityscapes split, labelled or not, in the form of the benchmark: label ids in PNG files with the official
 * names, all in one folder.
 *
 * @returns the files, in the order of the data set
 * @throws HmsaError when the model does not have Cityscapes' classes or a file cannot be read
 */
export async function writeSubmission(
  segmenter: Segmenter,
  dataset: Dataset,
  folder: string,
  options: SubmissionOptions = {},
): Promise<string[]> {
  checkSegmenter(segmenter, 'submission');
  checkDataset(dataset, 'submission');
  checkText(folder, 'submission', 'the path of a folder');
  checkNamed({ onProgress: callback, signal }, options, 'submission');
  const { onProgress, signal: abort, ...segmentOptions } = options;
  const { names } = segmenter.classes;
  if (String(names) !== String(cityscapes.names)) {
    throw new HmsaError({
      operation: 'submission',
      expected: `a model of Cityscapes' classes (${cityscapes.names.join(', ')})`,
      received: names.join(', '),
      remedy: 'Train on a data set of kind cityscapes.',
    });
  }
  await segmenter.prepare(segmentOptions);
  const files: string[] = [];
  const indices = Array.from({ length: dataset.length }, (_, index) => index);
  for await (const read of readAhead(indices, (index) => dataset.get(index))) {
    abort?.throwIfAborted();
    if (read.status === 'rejected') throw read.reason;
    const { image: data, width, height, id } = read.value;
    const { labels } = await withFile(id, () => segmenter.segment({ data, width, height }, segmentOptions));
    files.push(await writeCityscapesSubmission(folder, id, { data: labels, width, height }));
    await onProgress?.(read.index + 1, dataset.length);
  }
  return files;
}
