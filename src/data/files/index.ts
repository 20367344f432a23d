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
export {
  byName,
  byPath,
  canonical,
  few,
  isImageName,
  isJpegName,
  isOtherImageName,
  nameOf,
  READABLE,
  stemOf,
} from './names.js';
export {
  bareName,
  extensionOf,
  folderOf,
  isAbsolute,
  isBelow,
  joinPath,
  lastName,
  pathBelow,
  pathFrom,
  resolvePath,
} from './paths.js';
