import type { Layout } from '../pairs/index.js';
import { ade20kKind } from './ade20k.js';
import { camvidKind } from './camvid.js';
import { cityscapesCoarseKind, cityscapesKind } from './cityscapes.js';
import { folderKind } from './folder.js';
import { listKind } from './list.js';
import { mapillary12Kind, mapillary20Kind, mapillaryKind } from './mapillary.js';

export { scanPhotographs } from './folder.js';

/** Every KIND of `--data KIND:PATH` that reads files. Add a new data set as one object here. */
export const layouts: readonly Layout[] = [
  cityscapesKind,
  cityscapesCoarseKind,
  mapillaryKind,
  mapillary12Kind,
  mapillary20Kind,
  camvidKind,
  ade20kKind,
  folderKind,
  listKind,
];
