import { HmsaError, printable } from '../../base/errors/index.js';
import { checkDataset, type Dataset, type DatasetModule } from '../../data/index.js';
import { scoredClasses } from '../../evaluation/index.js';
import { isDataset, nameOfData, type OwnData, type TrainEvent } from '../../training/run/index.js';
import { openDatasetModule } from '../datasets/index.js';
import type { TrainRequest } from './train-request.js';

/**
 * Opens data of the caller's own for training. Unlike files, they are not read before the first step, because the cost
 * of reading them is unknown.
 *
 * @throws HmsaError when a data set cannot be opened or is empty, or the two have no class in common
 */
export async function openOwnTrainingData(
  data: OwnData,
  { validationData, validationSplit }: TrainRequest,
  onEvent: (event: TrainEvent) => void,
) {
  const open = (own: OwnData, key: string) => {
    // Before it runs: a run that is resumed may have named code that its owner does not expect.
    if (!isDataset(own)) onEvent({ kind: 'preparing', what: runningOf(own) });
    return opened(own, key);
  };
  const dataset = await open(data, 'data');
  const isScored = validationData !== undefined && validationSplit !== 'none';
  const validation = isScored ? await open(validationData, 'validationData') : undefined;
  if (validation !== undefined) scoredClasses(dataset.classes, validation.classes);
  return {
    classes: dataset.classes,
    async check() {
      const { names } = dataset.classes;
      const say = (verb: string, { length }: Dataset, data: OwnData) =>
        `${verb} ${length} ${length === 1 ? 'photograph' : 'photographs'} of ${printable(nameOfData(data))}`;
      const classes = `${names.length} ${names.length === 1 ? 'class' : 'classes'}`;
      onEvent({ kind: 'preparing', what: `${say('training on', dataset, data)}; ${classes}.` });
      if (validation !== undefined)
        onEvent({ kind: 'preparing', what: `${say('scoring on', validation, validationData!)}.` });
      else if (validationSplit !== 'none')
        onEvent({ kind: 'warning', what: 'no scores during training, because there is no validationData' });
      if (validation !== undefined && isSame(data, validationData!))
        onEvent({
          kind: 'warning',
          what: 'the scores are for the training data; they say nothing about other photographs',
        });
      return { dataset, validation, leftOut: [] };
    },
  };
}

/** That a module is executed, and which. */
export function runningOf({ module, export: name }: DatasetModule): string {
  return `running ${printable(name)} of ${printable(module, 4096)}, which gives the data.`;
}

async function opened(data: OwnData, key: string): Promise<Dataset> {
  const dataset = isDataset(data) ? data : await openDatasetModule(data);
  checkDataset(dataset, `train, ${key}`);
  if (dataset.length > 0) return dataset;
  throw new HmsaError({
    operation: `train, ${key}`,
    expected: 'at least one photograph',
    received: `none in ${nameOfData(data)}`,
  });
}

function isSame(a: OwnData, b: OwnData): boolean {
  return a === b || (!isDataset(a) && !isDataset(b) && JSON.stringify(a) === JSON.stringify(b));
}
