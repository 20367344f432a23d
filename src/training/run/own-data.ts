import { z } from 'zod';
import { HmsaError, isRecord } from '../../base/errors/index.js';
import { type Dataset, type DatasetModule, isDatasetModule } from '../../data/index.js';

/** Data of the caller's own making: the object itself, or where it comes from. */
export type OwnData = Dataset | DatasetModule;

/** As the record of a run holds it: of an object, the name of its class. */
export type RecordedData = DatasetModule | { readonly object: string };

export const recordedSchema: z.ZodType<RecordedData> = z.union([
  z.strictObject({
    module: z.string().min(1),
    export: z.string().min(1),
    options: z.json().exactOptional(),
  }),
  z.strictObject({ object: z.string() }),
]);

export const ownDataSchema = z.custom<OwnData>(isOwnData, 'a data set, or { module, export, options }');

export function isOwnData(value: unknown): value is OwnData {
  return isDataset(value) || (isDatasetModule(value) && recordedSchema.safeParse(value).success);
}

export function isDataset(value: unknown): value is Dataset {
  return isRecord(value) && typeof value.get === 'function';
}

export function recordOf(data: OwnData): RecordedData {
  return isDataset(data) ? { object: data.constructor?.name ?? 'Object' } : data;
}

/** `KIND:PATH`, `EXPORT of MODULE`, or that it is an object. */
export function nameOfData(data: string | OwnData | RecordedData): string {
  if (typeof data === 'string') return data;
  if (isDataset(data)) return nameOfData(recordOf(data));
  return 'object' in data ? `an object (${data.object})` : `${data.export} of ${data.module}`;
}

/**
 * What a resumed run reads: what its record names, or the object that is given again.
 *
 * @throws HmsaError when the record names an object and none is given
 */
export function givenAgain(
  key: 'data' | 'validationData',
  recorded: RecordedData,
  given: OwnData | undefined,
): OwnData {
  if (given !== undefined) return given;
  if (!('object' in recorded)) return recorded;
  throw new HmsaError({
    operation: '--resume',
    expected: `${nameOfData(recorded)} as ${key}, with which the run was begun`,
    received: 'a record that cannot hold it',
    remedy: `Give the same again: resumeTraining(folder, hooks, { ${key} }). A run on { module, export, options } goes on by itself.`,
  });
}
