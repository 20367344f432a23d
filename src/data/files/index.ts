export type { Fault, FaultKind } from './fault.js';
export type {
  Entry,
  Files,
  Folder,
  Photo,
  PixelOptions,
  Status,
  TextOptions,
} from './files.js';
export { FolderReader, refuseOutsideLinks } from './folder-reader.js';
export { byName, canonical, few, isImageName, isJpegName, nameOf, stemOf } from './names.js';
export {
  bareName,
  extensionOf,
  folderOf,
  isBelow,
  joinPath,
  lastName,
  pathBelow,
  pathFrom,
  resolvePath,
} from './paths.js';
