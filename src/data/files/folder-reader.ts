import { HmsaError } from '../../base/errors/index.js';
import { mapBounded } from '../../base/tasks.js';
import type { Entry, Fault, Files, Folder, Status } from './files.js';
import {
  byName,
  byPath,
  extensionOf,
  isBelow,
  isImageName,
  isOtherImageName,
  joinPath,
  lastName,
  READABLE,
} from './paths.js';

/** Files that lie next to images in the known data sets, often by the thousand. */
const notImages = /\.(json|txt|csv|xml|md|ya?ml|html?|log|mat|npy|npz|pdf)$/i;

/**
 * Lists everything below a root and does not leave it. Symbolic links that lead out are skipped and noted as faults,
 * and so are links to folders that are read anyway. Hidden files are skipped. Paths are relative to the root, with `/`.
 */
export class FolderReader {
  readonly #faults = new Map<string, Fault>();

  private constructor(
    readonly folder: Folder,
    readonly realRoot: string,
    readonly followLinks: boolean,
  ) {}

  /** @throws HmsaError when the root is not a folder */
  static async open(
    folder: Folder,
    { followLinks = false }: { readonly followLinks?: boolean },
  ): Promise<FolderReader> {
    const { files, root, name } = folder;
    const status = await files.status(root);
    if (status?.kind !== 'folder') {
      throw new HmsaError({
        operation: name,
        expected: 'the folder of a data set',
        received: status === undefined ? 'no such folder' : 'a file',
        remedy: 'Check the path after the colon.',
      });
    }
    return new FolderReader(folder, (await files.real(root)) ?? root, followLinks);
  }

  get files(): Files {
    return this.folder.files;
  }

  get root(): string {
    return this.folder.root;
  }

  /** Everything that was skipped so far, each path once, in order. */
  get faults(): readonly Fault[] {
    return [...this.#faults.values()].sort((a, b) => byPath(a.file, b.file));
  }

  absolute(path: string): string {
    return joinPath(this.root, path);
  }

  /** The names of the folders in a folder, sorted; empty if it does not exist. */
  async folders(path: string): Promise<string[]> {
    const names: string[] = [];
    for (const entry of await this.#entries(path)) {
      if ((await this.#typeOf(path, entry)) === 'folder') names.push(entry.name);
    }
    return names;
  }

  /** The image files in a folder and everywhere below it, sorted; empty if it does not exist. */
  async images(path: string): Promise<string[]> {
    const files = await this.list(path);
    const others = files.filter((file) => !isImageName(file));
    await mapBounded(others.length, 16, (index) => this.#noteOtherImage(others[index]!));
    return files.filter(isImageName);
  }

  /**
   * All files in a folder and, unless `deep` is false, below it, sorted. Each folder is read once, whatever links lead
   * to it, because a link to a folder above would never end and multiply the files.
   */
  async list(path: string, { deep = true } = {}): Promise<string[]> {
    const found: string[] = [];
    const links: string[] = [];
    const seen = new Set<string>();
    const walk = async (start: string) => {
      const pending = [start];
      for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
        const real = await this.real(folder);
        if (real === undefined || seen.has(real)) continue;
        seen.add(real);
        for (const entry of await this.#entries(folder)) {
          const type = await this.#typeOf(folder, entry);
          const below = joinPath(folder, entry.name);
          if (type === 'file') found.push(below);
          else if (type === 'folder' && deep) (entry.kind === 'link' ? links : pending).push(below);
        }
      }
    };
    await walk(path);
    const start = await this.real(path);
    // Links come after all real folders, so that a file is found in its own place rather than through a link.
    for (const link of links) {
      const real = (await this.real(link))!;
      if (seen.has(real) || isBelow(real, start!)) {
        this.#note(
          'repeated link',
          link,
          'skipped: this symbolic link leads to a folder that is read anyway',
        );
      } else {
        await walk(link);
      }
    }
    return found.sort(byPath);
  }

  async exists(path: string): Promise<boolean> {
    return (await this.files.status(this.absolute(path))) !== undefined;
  }

  /**
   * Refuses links that lead out, because their files would silently be missing.
   *
   * @throws HmsaError that names the first one
   */
  refuseOutsideLinks(): void {
    refuseOutsideLinks(this.faults);
  }

  /** A photograph with an unexpected extension would silently be missing. */
  async #noteOtherImage(path: string): Promise<void> {
    if (isOtherImageName(path)) {
      const detail = `skipped: ${extensionOf(path).toUpperCase()} files are not read; convert it to PNG or JPEG`;
      this.#note('left out', path, detail);
    } else if (!notImages.test(path) && (await looksLikeImage(this.files, this.absolute(path)))) {
      this.#note('wrong name', path, `skipped: an image without an extension of ${READABLE}`);
    }
  }

  async #entries(path: string): Promise<Entry[]> {
    if (!(await this.#isInside(path))) return [];
    const entries = (await this.files.entries(this.absolute(path))) ?? [];
    return entries
      .filter(({ name }) => !name.startsWith('.') && name !== '__MACOSX')
      .sort((a, b) => byName(a.name, b.name));
  }

  async #typeOf(folder: string, { name, kind }: Entry): Promise<Status['kind']> {
    if (kind !== 'link') return kind;
    const path = joinPath(folder, name);
    if (!(await this.#isInside(path))) return 'other';
    return (await this.files.status(this.absolute(path)))?.kind ?? 'other';
  }

  /** Whether a path is below the root when its links are resolved. Notes it if not. */
  async #isInside(path: string): Promise<boolean> {
    const real = await this.real(path);
    if (real === undefined) {
      if (await isBrokenLink(this.files, this.absolute(path))) this.#noteOutside(path, 'nowhere');
      return false;
    }
    if (this.followLinks || isBelow(this.realRoot, real)) return true;
    this.#noteOutside(path, 'out of the data set');
    return false;
  }

  /** The absolute path without links; undefined if there is nothing. */
  async real(path: string): Promise<string | undefined> {
    return this.files.real(this.absolute(path));
  }

  #noteOutside(path: string, where: string): void {
    this.#note('outside link', path, `skipped: this symbolic link leads ${where}`);
  }

  #note(kind: Fault['kind'], path: string, detail: string): void {
    if (!this.#faults.has(path)) this.#faults.set(path, { kind, file: path, detail });
  }
}

/** @throws HmsaError when a link leads out of the data set, so that a part of it is not read */
export function refuseOutsideLinks(faults: readonly Fault[]): void {
  const link = faults.find(({ kind }) => kind === 'outside link');
  if (link === undefined) return;
  const isBroken = link.detail.endsWith('nowhere');
  throw new HmsaError({
    operation: link.file,
    expected: 'files below the data set',
    received: `a symbolic link that leads ${isBroken ? 'nowhere' : 'elsewhere'}`,
    remedy: isBroken
      ? 'Remove or correct it.'
      : 'Follow it with --follow-links, remove it, or copy what it leads to.',
  });
}

/** Checks the first bytes for PNG, JPEG, GIF, BMP, TIFF, WebP, AVIF and HEIC. */
async function looksLikeImage(files: Files, path: string): Promise<boolean> {
  const bytes = await files.readStart(path, 12).catch(() => new Uint8Array());
  const start = String.fromCharCode(...bytes);
  return /^(\x89PNG|\xff\xd8\xff|GIF8|BM|II\*\0|MM\0\*|RIFF[\s\S]{4}WEBP|[\s\S]{4}ftyp)/.test(start);
}

async function isBrokenLink(files: Files, path: string): Promise<boolean> {
  const entries = await files.entries(joinPath(path, '..')).catch(() => undefined);
  return entries?.some(({ name, kind }) => name === lastName(path) && kind === 'link') ?? false;
}
