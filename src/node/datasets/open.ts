import { checkArgument, checkText, HmsaError, nearName } from '../../base/errors/index.js';
import { checkNamed } from '../../base/schema/index.js';
import type { Dataset } from '../../data/index.js';
import { layouts } from '../../data/layouts/index.js';
import {
  type FileTree,
  type GeneratedKind,
  type Layout,
  type OpenOptions,
  openOptionsShape,
  partsOf,
} from '../../data/pairs/index.js';
import { disk, diskFolder } from './disk.js';
import { FileDataset } from './file-dataset.js';
import { refuseClassFile } from './refuse-class-file.js';
import { syntheticKind } from './synthetic.js';

/** A data set in files of this machine. */
export interface FileKind {
  readonly name: string;
  /** One line for `--help`: the expected files below the path. */
  readonly layout: string;
  /** @throws HmsaError when the folder has nothing of this layout */
  scan(root: string, options: OpenOptions): Promise<FileTree>;
}

export type DatasetKind = FileKind | GeneratedKind;

/** Every KIND of `--data KIND:PATH`. */
export const datasetKinds: readonly DatasetKind[] = [...layouts.map(onDisk), syntheticKind];

function onDisk({ name, layout, mayBeFile = false, takesClassFile = false, scan }: Layout): FileKind {
  return {
    name,
    layout,
    async scan(root, options) {
      if (mayBeFile) checkText(root, name, 'the path of a list, or of a folder of lists');
      else checkText(root, 'data set', 'the path of its folder');
      checkNamed(openOptionsShape, options, 'data set');
      if (!takesClassFile) refuseClassFile(name, options);
      return scan(await diskFolder(root, mayBeFile), options);
    },
  };
}

/**
 * Parses `KIND:PATH`.
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
  // `camvdi:data` is a mistyped kind. `garden:data/garden` is a name that the user chose, before the path of a folder.
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
 * @throws MissingSplitError when the set has no split of the requested usual name, such as `val`
 * @throws HmsaError when there is no such kind, folder or split, or a link leads out of the folder
 */
export async function openDataset(spec: string, options: OpenOptions = {}): Promise<Dataset> {
  const { kind, location } = parseSpec(spec);
  if (!('scan' in kind)) return kind.open(location, options);
  return new FileDataset(await partsOf(await kind.scan(location, options), options, disk));
}
