import type { Dirent } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { HmsaError } from '../../errors/index.js';
import type { Fault } from './tree.js';

const order = new Intl.Collator('en', { numeric: true });

/** `frame2` before `frame10`, and a fixed order for names that differ in nothing else. */
export function byName(a: string, b: string): number {
  return order.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

const imageExtensions = new Set(['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff']);

/** What lies beside images in the known data sets, by the thousand. */
const notImages = /\.(json|txt|csv|xml|md|ya?ml|html?|log|mat|npy|pdf)$/i;

export function isImageName(path: string): boolean {
  return imageExtensions.has(extname(path).toLowerCase());
}

/** The path without its extension. */
export function stemOf(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

/**
 * Lists what is below a root, and keeps to it: symbolic links that lead out are skipped and noted as faults.
 * Hidden files are passed over. Paths are relative to the root, with `/`.
 */
export class FolderReader {
  readonly faults: Fault[] = [];

  private constructor(
    readonly root: string,
    readonly realRoot: string,
    readonly followLinks: boolean,
  ) {}

  /** @throws HmsaError when the root is no folder */
  static async open(
    root: string,
    { followLinks = false }: { followLinks?: boolean } = {},
  ): Promise<FolderReader> {
    const absolute = resolve(root);
    const status = await stat(absolute).catch(() => undefined);
    if (!status?.isDirectory()) {
      throw new HmsaError({
        operation: root,
        expected: 'the folder of a data set',
        received: status === undefined ? 'no such folder' : 'a file',
        remedy: 'Check the path after the colon.',
      });
    }
    return new FolderReader(absolute, await realpath(absolute), followLinks);
  }

  absolute(path: string): string {
    return join(this.root, path);
  }

  /** The names of the folders in a folder, sorted; none where it does not exist. */
  async folders(path: string): Promise<string[]> {
    const names: string[] = [];
    for (const entry of await this.#entries(path)) {
      if ((await this.#typeOf(path, entry)) === 'folder') names.push(entry.name);
    }
    return names;
  }

  /** The image files in a folder and all below it, sorted; none where it does not exist. */
  async images(path: string): Promise<string[]> {
    const found: string[] = [];
    for (const file of await this.files(path)) {
      if (isImageName(file)) found.push(file);
      else await this.#noteHiddenImage(file);
    }
    return found;
  }

  /** All files in a folder and below it, sorted. */
  async files(path: string, depth = 16): Promise<string[]> {
    const found: string[] = [];
    for (const entry of await this.#entries(path)) {
      const type = await this.#typeOf(path, entry);
      if (type === 'file') found.push(posix(join(path, entry.name)));
      // A link to a folder above would lead down forever; no data set is sixteen folders deep.
      else if (type === 'folder' && depth > 0)
        found.push(...(await this.files(join(path, entry.name), depth - 1)));
    }
    return found;
  }

  async exists(path: string): Promise<boolean> {
    return (await stat(this.absolute(path)).catch(() => undefined)) !== undefined;
  }

  /** A photograph that its name hides would be missed without a word. */
  async #noteHiddenImage(path: string): Promise<void> {
    if (notImages.test(path) || !(await looksLikeImage(this.absolute(path)))) return;
    const detail = 'skipped: an image whose name does not end in .png, .jpg, .jpeg, .webp, .tif or .tiff';
    if (!this.faults.some(({ file }) => file === path))
      this.faults.push({ kind: 'wrong name', file: path, detail });
  }

  async #entries(path: string): Promise<Dirent[]> {
    if (!(await this.#isInside(path))) return [];
    const entries = await readdir(this.absolute(path), { withFileTypes: true }).catch((error) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw new HmsaError({
        operation: this.absolute(path),
        expected: 'a folder that can be read',
        received: String(error.code),
        remedy: 'Check its permissions.',
        cause: error,
      });
    });
    return entries
      .filter(({ name }) => !name.startsWith('.') && name !== '__MACOSX')
      .sort((a, b) => byName(a.name, b.name));
  }

  async #typeOf(folder: string, entry: Dirent): Promise<'file' | 'folder' | 'other'> {
    if (entry.isFile()) return 'file';
    if (entry.isDirectory()) return 'folder';
    if (!entry.isSymbolicLink()) return 'other';
    const path = posix(join(folder, entry.name));
    if (!(await this.#isInside(path))) return 'other';
    const target = await stat(this.absolute(path)).catch(() => undefined);
    return target?.isFile() ? 'file' : target?.isDirectory() ? 'folder' : 'other';
  }

  /** Whether a path is below the root when its links are resolved; notes it where not. */
  async #isInside(path: string): Promise<boolean> {
    const real = await realpath(this.absolute(path)).catch(() => undefined);
    if (real === undefined) {
      if (await isBrokenLink(this.absolute(path))) this.#note(path, 'leads nowhere');
      return false;
    }
    const below = relative(this.realRoot, real);
    const isInside = below === '' || (below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below));
    if (isInside || this.followLinks) return true;
    this.#note(path, 'leads out of the data set');
    return false;
  }

  #note(path: string, detail: string): void {
    const file = posix(path);
    if (this.faults.some((fault) => fault.file === file)) return;
    this.faults.push({ kind: 'outside link', file, detail: `skipped: this symbolic link ${detail}` });
  }
}

/** By the first bytes of PNG, JPEG, GIF, BMP, TIFF, WebP, AVIF and HEIC. */
async function looksLikeImage(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(12), 0, 12, 0);
    const start = buffer.toString('latin1', 0, bytesRead);
    return /^(\x89PNG|\xff\xd8\xff|GIF8|BM|II\*\0|MM\0\*|RIFF[\s\S]{4}WEBP|[\s\S]{4}ftyp)/.test(start);
  } finally {
    await file.close();
  }
}

async function isBrokenLink(path: string): Promise<boolean> {
  const entries = await readdir(join(path, '..'), { withFileTypes: true }).catch(() => []);
  return entries.some((entry) => entry.name === basename(path) && entry.isSymbolicLink());
}

export function posix(path: string): string {
  return sep === '/' ? path : path.split(sep).join('/');
}
