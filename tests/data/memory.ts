import { HmsaError } from '../../src/base/errors/index.js';
import type { Entry, Files, Folder, Photo } from '../../src/data/files/index.js';
import type { IndexImage, LabelImage } from '../../src/data/index.js';

/** A photograph, a label map or a text, by paths below the folder. */
export type Content = string | Photo | LabelImage;

/** A folder that is nowhere but in memory, as a browser's or an archive's would be read. */
export function memoryFolder(name: string, contents: Readonly<Record<string, Content>>): Folder {
  const root = `/${name}`;
  const at = new Map(Object.entries(contents).map(([path, content]) => [`${root}/${path}`, content]));
  const isFolder = (path: string) => [...at.keys()].some((key) => key.startsWith(`${path}/`));
  const find = <T extends Content>(path: string, fits: (content: Content) => content is T): T => {
    const found = at.get(path);
    if (found !== undefined && fits(found)) return found;
    throw new HmsaError({ operation: path, expected: 'a file of its kind', received: 'none' });
  };
  const isText = (content: Content): content is string => typeof content === 'string';
  const isLabel = (content: Content): content is LabelImage =>
    typeof content === 'object' && 'kind' in content;
  const isPhoto = (content: Content): content is Photo => typeof content === 'object' && !isLabel(content);
  const files: Files = {
    atOnce: 2,
    absolute: (path) => (path.startsWith('/') ? path : `${root}/${path}`),
    async entries(folder) {
      if (!isFolder(folder)) return undefined;
      const below = [...at.keys()].filter((key) => key.startsWith(`${folder}/`));
      const names = new Set(below.map((key) => key.slice(folder.length + 1).split('/')[0]!));
      return [...names].map((entry): Entry => {
        return { name: entry, kind: at.has(`${folder}/${entry}`) ? 'file' : 'folder' };
      });
    },
    async status(path) {
      if (at.has(path)) return { kind: 'file', size: 1, modified: 0 };
      return isFolder(path) ? { kind: 'folder', size: 0, modified: 0 } : undefined;
    },
    real: async (path) => (at.has(path) || isFolder(path) ? path : undefined),
    readText: async (path) => find(path, isText),
    readStart: async () => new Uint8Array(),
    async decodeImage(path, { region }) {
      const whole = find(path, isPhoto);
      const { left, top, width, height } = region?.(whole) ?? { left: 0, top: 0, ...whole };
      const data = new Uint8Array(width * height * 3);
      for (let y = 0; y < height; y++) {
        const start = ((top + y) * whole.width + left) * 3;
        data.set(whole.data.subarray(start, start + width * 3), y * width * 3);
      }
      return { width, height, data };
    },
    async decodeLabels(path, { region }) {
      const whole = find(path, isLabel);
      region?.(whole);
      return whole;
    },
    imageSize: async (path) => find(path, isPhoto),
  };
  return { files, root, name };
}

/** A photograph of one grey. */
export function photo(grey: number, width = 4, height = 2): Photo {
  return { width, height, data: new Uint8Array(width * height * 3).fill(grey) };
}

/** A label map of 4×2 pixels. */
export function labels(...data: readonly number[]): IndexImage {
  return { kind: 'index', width: 4, height: 2, data: Uint8Array.from(data) };
}
