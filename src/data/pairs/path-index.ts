import { canonical, stemOf } from '../files/index.js';

/** The photographs that an entry of a list may mean. */
export type Found =
  | { readonly kind: 'one'; readonly path: string }
  | { readonly kind: 'several'; readonly paths: readonly string[] }
  /** With files of that name in other folders. */
  | { readonly kind: 'none'; readonly elsewhere: readonly string[] };

interface Place {
  readonly path: string;
  /** Folders from the root of the file system. */
  readonly absolute: readonly string[];
  /** Folders below the data set. */
  readonly below: readonly string[];
  /** Folders below the base. */
  readonly own: readonly string[];
}

/**
 * Finds photographs by their names in lists: by the longest matching end of the path, because lists from other machines
 * have other folders above. With or without extension, and with another one.
 */
export class PathIndex {
  readonly #byFile = new Map<string, Place[]>();
  readonly #byStem = new Map<string, Place[]>();
  /** Whether all photographs are in one folder, so that another folder in a list cannot mean another photograph. */
  readonly #isFlat: boolean;

  /**
   * @param root absolute path of the data set
   * @param paths below it, with `/`
   * @param bases the folders, below it, that hold photographs and their subfolders; default: the one that holds all
   *   photographs
   */
  constructor(root: string, paths: readonly string[], bases: readonly string[] = []) {
    const above = foldersAndName(root);
    const split = paths.map((path) => ({ path, parts: foldersAndName(path) }));
    const common = commonFolders(split.map(({ parts }) => parts.slice(0, -1)));
    const depths = bases.map((base) => ({ base: `${base}/`, depth: foldersAndName(base).length }));
    const depthOf = (path: string) => depths.find(({ base }) => path.startsWith(base))?.depth ?? common;
    this.#isFlat = split.every(({ path, parts }) =>
      [common, depthOf(path)].every((depth) => parts.length - 1 === depth),
    );
    for (const { path, parts } of split) {
      const below = parts.slice(0, -1);
      const place = { path, below, absolute: [...above, ...below], own: below.slice(depthOf(path)) };
      const name = parts.at(-1)!;
      add(this.#byFile, name, place);
      add(this.#byStem, stemOf(name), place);
    }
  }

  find(entry: string): Found {
    const found = this.#find(entry);
    return found.kind === 'none' && entry.includes('\\') ? this.#find(entry.replaceAll('\\', '/')) : found;
  }

  #find(entry: string): Found {
    const parts = foldersAndName(entry);
    const name = parts.pop();
    if (name === undefined) return { kind: 'none', elsewhere: [] };
    // Two names in one line look like folders that contain white space.
    const isOneName = !parts.some((part) => /[\s,;]/.test(part)) || hasOneExtension(entry);
    const elsewhere: string[] = [];
    for (const places of [this.#byFile.get(name), this.#byStem.get(name), this.#byStem.get(stemOf(name))]) {
      if (places === undefined) continue;
      const fitting = places.filter((place) => this.#fits(place, parts, isOneName));
      if (fitting.length > 0) return best(fitting, parts);
      elsewhere.push(...places.map(({ path }) => path));
    }
    return { kind: 'none', elsewhere: [...new Set(elsewhere)] };
  }

  /** Whether the folders of the entry match the end of the photograph's, or are those of another machine. */
  #fits({ absolute, below, own }: Place, folders: readonly string[], isOneName: boolean): boolean {
    return (
      endsWith(absolute, folders) ||
      (below.length > 0 && endsWith(folders, below)) ||
      (own.length > 0 && endsWith(folders, own)) ||
      (this.#isFlat && isOneName)
    );
  }
}

function best(places: readonly Place[], folders: readonly string[]): Found {
  const exact = places.filter(({ below, own }) => isSame(below, folders) || isSame(own, folders));
  const scores = places.map(({ absolute }) => commonEnd(absolute, folders));
  const most = scores.reduce((a, b) => Math.max(a, b), 0);
  const candidates = exact.length === 1 ? exact : places.filter((_, i) => scores[i] === most);
  const paths = candidates.map(({ path }) => path);
  return paths.length === 1 ? { kind: 'one', path: paths[0]! } : { kind: 'several', paths };
}

/** `C:\a\b.jpg` and `./a//b.jpg` are `a`, `b.jpg`. */
function foldersAndName(path: string): string[] {
  return canonical(path)
    .replace(/^[A-Za-z]:(?=[/\\])/, '')
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..');
}

function hasOneExtension(entry: string): boolean {
  const names = entry.split(/[\s,;]+/);
  return names.filter((name) => stemOf(name) !== name).length === 1 && stemOf(entry) !== entry;
}

function add(map: Map<string, Place[]>, key: string, place: Place): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [place]);
  else known.push(place);
}

function commonFolders(all: readonly (readonly string[])[]): number {
  const [first = [], ...others] = all;
  let common = first.length;
  for (const folders of others) {
    while (common > 0 && !isSame(folders.slice(0, common), first.slice(0, common))) common -= 1;
  }
  return common;
}

function commonEnd(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-1 - length) === b.at(-1 - length)) length += 1;
  return length;
}

function endsWith(whole: readonly string[], end: readonly string[]): boolean {
  return commonEnd(whole, end) === end.length;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && endsWith(a, b);
}
