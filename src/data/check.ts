import { checkArgument, checkTexts, isRecord } from '../base/errors/index.js';
import { checkColors } from '../base/pixels.js';
import type { ClassMap, Dataset, DatasetModule } from './contracts.js';

/** @throws HmsaError when names or colours are missing */
export function checkClasses(value: unknown, operation: string): asserts value is ClassMap {
  checkNames(value, operation);
  checkColors(value.colors, `${operation}, colors`);
}

/** For functions that need the names alone. @throws HmsaError when they are missing */
export function checkNames(
  value: unknown,
  operation: string,
): asserts value is Pick<ClassMap, 'names'> & Readonly<Record<string, unknown>> {
  checkArgument(isRecord(value), operation, 'classes as { names, colors }, such as model.classes', value);
  checkTexts(value.names, `${operation}, names`, 'a list of names');
}

/** @throws HmsaError when the value is not a label map, one byte for each pixel */
export function checkLabel(value: unknown, operation: string): asserts value is Uint8Array {
  checkArgument(value instanceof Uint8Array, operation, 'a label map, one byte a pixel', value);
}

/**
 * Checks what a value can do, not its class, so that callers can write their own data sets. @throws HmsaError when it
 * is not a data set
 */
export function checkDataset(value: unknown, operation: string): asserts value is Dataset {
  const isSet = isRecord(value) && Number.isSafeInteger(value.length) && typeof value.get === 'function';
  checkArgument(isSet, operation, 'a data set, such as openDataset opens', value);
  checkClasses(value.classes, `${operation}, classes`);
}

/** Whether a value is `{ module, export, options }` and not a data set itself. */
export function isDatasetModule(value: unknown): value is DatasetModule {
  return isRecord(value) && 'module' in value && 'export' in value && !('get' in value);
}
