import { layouts } from '../../data/layouts/index.js';
import type { FileTree, GeneratedKind, Layout, OpenOptions } from '../../data/pairs/index.js';
import { checkNamed, checkText } from '../arguments/index.js';
import { diskFolder } from './disk.js';
import { openOptionsShape } from './open-options.js';
import { syntheticKind } from './synthetic.js';

/** A data set that files of this machine hold. */
export interface FileKind {
  readonly name: string;
  /** One line for `--help`: what is expected below the path. */
  readonly layout: string;
  /** @throws HmsaError when nothing of the layout is there */
  scan(root: string, options: OpenOptions): Promise<FileTree>;
}

export type DatasetKind = FileKind | GeneratedKind;

/** Every KIND of `--data KIND:PATH`. */
export const datasetKinds: readonly DatasetKind[] = [...layouts.map(onDisk), syntheticKind];

function onDisk({ name, layout, mayBeFile = false, scan }: Layout): FileKind {
  return {
    name,
    layout,
    async scan(root, options) {
      if (mayBeFile) checkText(root, name, 'the path of a list, or of a folder of lists');
      else checkText(root, 'data set', 'the path of its folder');
      checkNamed(openOptionsShape, options, 'data set');
      return scan(await diskFolder(root, mayBeFile), options);
    },
  };
}
