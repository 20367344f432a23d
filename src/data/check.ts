import { checkArgument, checkTexts, isRecord } from '../base/errors/index.js';
import { checkColors } from '../base/pixels/index.js';
import type { ClassMap, Dataset, DatasetModule } from './contracts.js';

/** @throws HmsaError when names or colours are missing */
export function checkClasses(value: unknown, operation: string): asserts value is ClassMap {
  const expected = 'classes as { names, colors }, such as model.model.classes';
  checkArgument(isRecord(value), operation, expected, value);
  checkTexts(value.names, `${operation}, names`, 'a list of names');
  checkColors(value.colors, `${operation}, colors`);
}

/** By what it can do, so that a set of the caller's own making is one too. @throws HmsaError when it is none */
export function checkDataset(value: unknown, operation: string): asserts value is Dataset {
  const isSet = isRecord(value) && Number.isSafeInteger(value.length) && typeof value.get === 'function';
  checkArgument(isSet, operation, 'a data set, such as openDataset opens', value);
  checkClasses(value.classes, `${operation}, classes`);
}

/** Whether a value is `{ module, export, options }` and not a data set itself. */
export function isDatasetModule(value: unknown): value is DatasetModule {
  return isRecord(value) && 'module' in value && 'export' in value && !('get' in value);
}
