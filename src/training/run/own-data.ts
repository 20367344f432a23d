import { z } from 'zod';
import { HmsaError, isRecord } from '../../base/errors/index.js';
import { type Dataset, type DatasetModule, isDatasetModule } from '../../data/index.js';

/** Data of the caller's own: the object itself, or the module that makes it. */
export type OwnData = Dataset | DatasetModule;

/** How the record of a run stores such data; for an object, the name of its class. */
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

/** `KIND:PATH`, `EXPORT of MODULE` or `an object (CLASS)`. */
export function nameOfData(data: string | OwnData | RecordedData): string {
  if (typeof data === 'string') return data;
  if (isDataset(data)) return nameOfData(recordOf(data));
  return 'object' in data ? `an object (${data.object})` : `${data.export} of ${data.module}`;
}

/**
 * The data that a resumed run reads: what its record names, or the object that the caller gives again.
 *
 * @throws HmsaError when the record names an object and the caller gives none
 */
export function givenAgain(
  key: 'data' | 'validationData',
  recorded: RecordedData,
  given: OwnData | undefined,
): OwnData {
  if (given !== undefined) return given;
  if (!('object' in recorded)) return recorded;
  throw new HmsaError({
    operation: 'resume',
    expected: `${nameOfData(recorded)} as ${key}, as at the beginning of the run`,
    received: 'none, and the record of the run cannot store it',
    remedy: `Give the same object again: resumeTraining(folder, hooks, { ${key} }). A run on { module, export, options } needs nothing.`,
  });
}
