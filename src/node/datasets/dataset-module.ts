import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkArgument, checkText, HmsaError, isRecord, shown, suggest } from '../../base/errors/index.js';
import { checkDataset, type Dataset, type DatasetModule } from '../../data/index.js';

/**
 * The same source with a `file:` URL as its module, which is valid in any working folder.
 *
 * @throws HmsaError when it is a URL of another kind, or a key is missing
 */
export function withModuleUrl(source: DatasetModule): DatasetModule {
  checkArgument(isRecord(source), 'data set', 'an object { module, export, options }', source);
  const { module, export: name, options } = source;
  checkText(module, 'data set, module', 'the file: URL or path of a module');
  checkText(name, 'data set, export', 'the name of an exported function');
  return { module: moduleUrl(module), export: name, ...(options !== undefined && { options }) };
}

function moduleUrl(module: string): string {
  // The drive of a Windows path, as in C:\sets\mine.mjs, is not a URL scheme.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(module)?.[1]?.toLowerCase();
  if (scheme === undefined) return pathToFileURL(resolve(module)).href;
  if (scheme === 'file') return module;
  throw new HmsaError({
    operation: 'data set, module',
    expected: 'the file: URL or path of a module',
    received: shown(module),
    remedy: 'Save the module as a file.',
  });
}

/**
 * Opens a data set from a module of the caller: imports the module and calls the exported function with the options.
 * The result has a {@link Dataset.source}, so that worker threads can open the same data set.
 *
 * @throws HmsaError when the module cannot be imported, lacks the function, or the function does not return a data set
 */
export async function openDatasetModule(given: DatasetModule): Promise<Dataset> {
  const source = withModuleUrl(given);
  const { module, export: name, options } = source;
  const operation = `${name} of ${module}`;
  const face: Readonly<Record<string, unknown>> = await attempt(
    module,
    'a module that can be imported',
    () => import(module),
  );
  const make = face[name];
  if (typeof make !== 'function') {
    throw new HmsaError({
      operation,
      expected: 'an exported function that gives a data set',
      received: name in face ? shown(make) : 'no export of that name',
      remedy: suggest(name, Object.keys(face)),
    });
  }
  const dataset: unknown = await attempt(operation, 'a data set', async () => make(options));
  checkDataset(dataset, operation);
  return dataset.source === undefined ? withSource(dataset, source) : dataset;
}

async function attempt<T>(operation: string, expected: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    if (cause instanceof HmsaError) throw cause;
    const received = `"${cause instanceof Error ? cause.message : String(cause)}"`;
    throw new HmsaError({ operation, expected, received, cause });
  }
}

/** The data set with its source. It may be of any class. */
function withSource(dataset: Dataset, source: DatasetModule): Dataset {
  return {
    source,
    classes: dataset.classes,
    length: dataset.length,
    ...(dataset.mixture && { mixture: dataset.mixture }),
    get: (index) => dataset.get(index),
    ...(dataset.getPart && { getPart: (index, choose) => dataset.getPart!(index, choose) }),
    ...(dataset.getLabel && { getLabel: (index) => dataset.getLabel!(index) }),
    ...(dataset.sizeOf && { sizeOf: (index) => dataset.sizeOf!(index) }),
    ...(dataset.fingerprint && { fingerprint: () => dataset.fingerprint!() }),
  };
}
