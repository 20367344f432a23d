import {
  type Assessment,
  type AssessOptions,
  assess as assessWith,
  type Examinations,
  type ExamineMeans,
  type ExamineOptions,
  examineAll as examineAllWith,
  generatedSource,
  type Source,
  treeSource,
  type Use,
} from '../../data/assessment/index.js';
import type { Dataset } from '../../data/index.js';
import { callback, flag, type Shape, signal } from '../arguments/index.js';
import { disk } from '../datasets/disk.js';
import { FileDataset, type OpenOptions, parseSpec } from '../datasets/index.js';
import { examinationCache } from './cache.js';

/** All cores of this machine, and the cache of the user. */
const means: ExamineMeans = { atOnce: disk.atOnce, cache: examinationCache };

/** The keys of {@link AssessOptions}. */
export const assessOptionsShape = {
  skipBad: flag,
  onProgress: callback,
  signal,
} satisfies Shape<AssessOptions>;

/** @throws HmsaError when there is no such kind or folder */
export async function openSource(spec: string, options: OpenOptions = {}): Promise<Source> {
  const { kind, location } = parseSpec(spec);
  if (!('scan' in kind)) return generatedSource(spec, kind, location, options);
  const tree = await kind.scan(location, options);
  return treeSource(spec, tree, options, disk, (parts) => new FileDataset(parts));
}

export function assess(
  source: Source,
  split: string | undefined,
  use: Use,
  options: AssessOptions = {},
): Promise<Assessment> {
  return assessWith(source, split, use, { ...options, ...means });
}

export function examineAll(dataset: Dataset, options: ExamineOptions): Promise<Examinations> {
  return examineAllWith(dataset, { ...options, ...means });
}
