import { checkArgument, HmsaError, nearName, program } from '../../base/errors/index.js';
import type { Dataset } from '../../data/index.js';
import { FileDataset } from './file-dataset.js';
import { refuseOutsideLinks } from './folder-reader.js';
import { datasetKinds } from './kinds/index.js';
import { selectItems } from './splits.js';
import type { DatasetKind, FileTree, OpenOptions } from './tree.js';

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
  // `camvdi:data` is a mistyped kind; `garden:data/garden` is a name of one's own before the path of a folder.
  const near = kind === undefined ? nearName(name!, names) : undefined;
  const isPath = rest.length === 0 || rest.join(':') === '' || /[/\\.]/.test(name!);
  const path = isPath ? spec : rest.join(':');
  throw new HmsaError({
    operation: 'data set',
    expected: `KIND:PATH with KIND one of ${names.join(', ')}`,
    received: spec,
    remedy:
      kind !== undefined
        ? `Add the path: ${name}:PATH.`
        : near !== undefined
          ? `Did you mean ${near}?`
          : `For a folder of images and masks write folder:${path}.`,
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
  return datasetOf(await kind.scan(location, options), options);
}

/** The data set of one split of a scanned layout. */
export async function datasetOf(tree: FileTree, options: OpenOptions): Promise<FileDataset> {
  refuseOutsideLinks(tree.faults);
  const items = await selectItems(tree, options);
  if (items.length === 0) {
    throw new HmsaError({
      operation: `split ${options.split ?? 'all'} of ${tree.root}`,
      expected: 'at least one photograph',
      received: 'none',
      remedy: `\`${program} data inspect\` says what is in each split.`,
    });
  }
  const { pixelLimit } = options;
  return new FileDataset({
    items,
    classes: tree.classes,
    rule: tree.rule,
    ...(pixelLimit !== undefined && { pixelLimit }),
    ...(tree.evidence && { evidence: tree.evidence }),
  });
}
