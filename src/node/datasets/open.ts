import { checkArgument, HmsaError, suggest } from '../../base/errors/index.js';
import type { Dataset } from '../../data/index.js';
import { type OpenOptions, partsOf } from '../../data/pairs/index.js';
import { disk } from './disk.js';
import { FileDataset } from './file-dataset.js';
import { type DatasetKind, datasetKinds } from './kinds.js';

/**
 * The kind and the place that `KIND:PATH` names.
 *
 * @throws HmsaError when there is no colon or no such kind
 */
export function parseSpec(spec: string): { kind: DatasetKind; location: string } {
  const names = datasetKinds.map(({ name }) => name);
  checkArgument(typeof spec === 'string', 'data set', 'a text KIND:PATH, such as folder:photos', spec);
  const [name, ...rest] = spec.split(':');
  const kind = datasetKinds.find((entry) => entry.name === name);
  if (kind !== undefined && rest.length > 0 && rest.join(':') !== '')
    return { kind, location: rest.join(':') };
  const isPath = kind === undefined && /[/\\.]/.test(name!);
  throw new HmsaError({
    operation: 'data set',
    expected: `KIND:PATH with KIND one of ${names.join(', ')}`,
    received: spec,
    remedy:
      kind !== undefined
        ? `Add the path: ${name}:PATH.`
        : isPath
          ? `For a folder of images and masks write folder:${spec}.`
          : suggest(name!, names),
  });
}

/**
 * Opens a data set by `KIND:PATH`, such as `camvid:data/camvid`. Names are read now, pixels with each `get`.
 *
 * @throws MissingSplitError when the set has no split of the usual name that is asked for, such as `val`
 * @throws HmsaError when the kind, the folder or the split is not there, or a link leads out of the folder
 */
export async function openDataset(spec: string, options: OpenOptions = {}): Promise<Dataset> {
  const { kind, location } = parseSpec(spec);
  if (!('scan' in kind)) return kind.open(location, options);
  return new FileDataset(await partsOf(await kind.scan(location, options), options, disk));
}
