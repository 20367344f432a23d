import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import {
  FORMAT_BYTES,
  formatOf,
  isTemporary,
  isWebAddress,
  localPath,
  otherEndings,
  rawEndings,
  readableEndings,
  withRegularFile,
} from '../files/index.js';
import { softwareOf } from '../images/index.js';
import { type Entry, isPattern, matchingFiles } from './match-files.js';
import { outputName } from './outputs.js';
import { OWN_SOFTWARE } from './picture-files.js';

const readable = new Set(readableEndings);
const unreadable = new Set([...rawEndings, ...otherEndings]);

/** A file or folder in a folder that is not labelled. */
export interface LeftOutFile {
  readonly file: string;
  readonly reason: string;
  /** Whether it is a picture that would have been labelled, if its format could be read. */
  readonly isUnreadable?: true;
}

export interface FoundImages {
  readonly files: readonly string[];
  /** Pictures first. */
  readonly leftOut: readonly LeftOutFile[];
  /** Folders that could not be read, and patterns that nothing matches. */
  readonly failed: readonly { readonly file: string; readonly message: string }[];
}

/**
 * Lists the given files, the image files in the given folders in order of name, and those that match the given patterns
 * (such as `photos/*.jpg`). Hidden files, text files and files that `hmsa segment` wrote are left out silently. Everything else in
 * a folder that is not labelled is reported: pictures in a format that cannot be read, pictures that are named like those of a
 * photograph beside them, such as masks, other files, and folders, which are not entered.
 *
 * @param out a folder that is not reported
 * @throws HmsaError when there is no image
 */
export async function findImages(inputs: readonly string[], out?: string): Promise<FoundImages> {
  // By their absolute path, so that a file named twice is labelled, or reported, once.
  const files = new Map<string, string>();
  const add = (file: string) => files.set(resolve(file), files.get(resolve(file)) ?? file);
  const others = new Map<string, LeftOut>();
  const failures: { file: string; error: HmsaError }[] = [];
  for (const named of inputs) {
    try {
      const input = localPath(named);
      const entries = await entriesOf(input);
      if (entries === undefined) {
        add(input);
        continue;
      }
      const found = await sorted(entries, out);
      for (const file of found.files) add(file);
      for (const each of found.leftOut) others.set(resolve(each.file), each);
    } catch (error) {
      if (!(error instanceof HmsaError)) throw error;
      failures.push({ file: named, error });
    }
  }
  // A file that one input leaves out and another one names is labelled.
  const leftOut = [...others].flatMap(([path, each]) => (files.has(path) ? [] : [each]));
  if (files.size === 0) throw failures[0]?.error ?? noImage(inputs, leftOut);
  leftOut.sort((a, b) => Number(b.isPicture) - Number(a.isPicture));
  return {
    files: [...files.values()],
    leftOut: leftOut.map(({ isPicture: _, isFolder: __, ...each }) => each),
    failed: failures.map(({ file, error }) => ({ file, message: error.message })),
  };
}

/** The files of {@link findImages}. */
export async function listImages(inputs: readonly string[]): Promise<string[]> {
  return [...(await findImages(inputs)).files];
}

function noImage(inputs: readonly string[], leftOut: readonly LeftOut[]): HmsaError {
  const pictures = leftOut.filter(({ isPicture }) => isPicture);
  const others = pictures.length === 0 ? '' : `, but ${pictures.length} such as ${pictures[0]!.file}`;
  const folder = leftOut.find(({ isFolder }) => isFolder)?.file;
  return new HmsaError({
    operation: 'segment',
    expected: `image files (${readableEndings.join(', ')})`,
    received: `none in ${inputs.join(', ') || 'nothing'}${others}`,
    remedy:
      pictures.length > 0
        ? 'Convert them to JPEG or PNG.'
        : folder === undefined
          ? 'Name an image or a folder of images.'
          : `Folders in it are not entered: name them, such as ${folder}.`,
  });
}

interface LeftOut extends LeftOutFile {
  readonly isPicture: boolean;
  readonly isFolder?: boolean;
}

/** What is in a folder or matches a pattern; undefined for a single file. @throws HmsaError when there is nothing to read */
async function entriesOf(input: string): Promise<Entry[] | undefined> {
  const info = await stat(input).catch(() => undefined);
  if (info?.isDirectory()) return folderEntries(input);
  // A file may be called like a pattern.
  if (info !== undefined || !isPattern(input) || isWebAddress(input)) return undefined;
  const entries = await matchingFiles(input);
  if (entries.some(({ isFolder }) => !isFolder)) return entries;
  throw new HmsaError({
    operation: input,
    expected: 'a pattern that files match',
    received: 'no match',
    remedy: 'Check it, and that the shell passes it on unchanged (in quotes).',
  });
}

async function folderEntries(folder: string): Promise<Entry[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return await Promise.all(
      entries
        .filter(({ name }) => !name.startsWith('.'))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(async (entry) => {
          const path = join(folder, entry.name);
          const info = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
          return { path, isFolder: info?.isDirectory() ?? false };
        }),
    );
  } catch (cause) {
    throw new HmsaError({
      operation: folder,
      expected: 'a folder that can be read',
      received: String((cause as NodeJS.ErrnoException).code ?? cause),
      remedy: 'Check its permissions.',
      cause,
    });
  }
}

/** Temporary files in folders, of runs that were killed or are under way. */
export async function temporaryFiles(folders: Iterable<string>): Promise<LeftOutFile[]> {
  const reason =
    'a temporary file of a run that was killed or is under way (delete it if no hmsa writes into this folder)';
  const found: LeftOutFile[] = [];
  for (const folder of new Set(folders)) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter(isTemporary)) found.push({ file: join(folder, name), reason });
  }
  return found;
}

/** Which of the entries are labelled, and why the others are not. */
async function sorted(
  entries: readonly Entry[],
  out: string | undefined,
): Promise<{ readonly files: string[]; readonly leftOut: LeftOut[] }> {
  const stems = new Map<string, string>();
  for (const { path, isFolder } of entries) {
    if (isFolder || !readable.has(extname(path).toLowerCase())) continue;
    stems.set(path, basename(path));
    stems.set(path.slice(0, -extname(path).length), basename(path));
  }
  const files: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const { path, isFolder } of entries) {
    if (isFolder) {
      if (out !== undefined && resolve(out) === resolve(path)) continue;
      const reason =
        'a folder, which is not entered (name it too, or give a pattern such as "photos/**/*.jpg")';
      leftOut.push({ file: path, reason, isPicture: false, isFolder: true });
      continue;
    }
    const reason = await whyNot(path, stems);
    if (reason === undefined) files.push(path);
    else if (reason !== SILENT) leftOut.push({ file: path, ...reason });
  }
  return { files, leftOut };
}

/** Of a file that is left out without a word. */
const SILENT = 'silent';

/** Undefined for a file that is to be labelled. */
async function whyNot(
  file: string,
  stems: ReadonlyMap<string, string>,
): Promise<Omit<LeftOut, 'file'> | typeof SILENT | undefined> {
  const name = basename(file);
  const ending = extname(name).toLowerCase();
  const stem = outputName.exec(name)?.[1];
  if (stem !== undefined && (await softwareOf(file)) === OWN_SOFTWARE) return SILENT;
  const owner = stem === undefined ? undefined : stems.get(join(dirname(file), stem));
  if (readable.has(ending)) {
    return owner === undefined
      ? undefined
      : { reason: `a picture of ${owner}, by its name`, isPicture: true };
  }
  if (unreadable.has(ending))
    return {
      reason: `of a format that cannot be read (${ending}): convert it to JPEG or PNG`,
      isPicture: true,
      isUnreadable: true,
    };
  const first = await beginningOf(file);
  const format = formatOf(first);
  if (first.length === 1 && (await stat(file).catch(() => undefined)) === undefined)
    return { reason: 'a link that leads nowhere', isPicture: false };
  if (format === undefined) return isText(first) ? SILENT : { reason: 'not a picture', isPicture: false };
  // Downloads often have no ending. Another ending says that the file is for something else.
  if (format.isReadable && ending === '') return undefined;
  const article = /^[AEIO]/.test(format.name) ? 'an' : 'a';
  return format.isReadable
    ? {
        reason: `${article} ${format.name} file with the ending ${ending} (rename it, or name it to label it)`,
        isPicture: true,
      }
    : {
        reason: `${article} ${format.name} file, which cannot be read: convert it to JPEG or PNG`,
        isPicture: true,
        isUnreadable: true,
      };
}

/** The first bytes of a file; none if it cannot be read. */
async function beginningOf(file: string): Promise<Uint8Array> {
  const first = new Uint8Array(FORMAT_BYTES);
  try {
    const { bytesRead } = await withRegularFile(file, {}, (handle) => handle.read(first, 0, FORMAT_BYTES, 0));
    return first.subarray(0, bytesRead);
  } catch {
    // A byte that is no text, so that it is reported.
    return Uint8Array.of(0);
  }
}

/** Notes, lists and annotations lie beside photographs everywhere. */
function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
}
