// Paths of data sets: separated by `/` on every system. Absolute ones begin with `/` or with a drive.

const drive = /^[A-Za-z]:(?=\/|$)/;

export function isAbsolute(path: string): boolean {
  return path.startsWith('/') || drive.test(path);
}

/** `a/b` from `a` and `b`, without `.` and, where possible, `..`; empty for the folder itself. */
export function joinPath(...parts: readonly string[]): string {
  const whole = parts.filter((part) => part !== '').join('/');
  const start = /^\/\/(?=[^/])|^\//.exec(whole)?.[0] ?? '';
  const names: string[] = [];
  for (const name of whole.split('/')) {
    if (name === '' || name === '.') continue;
    const isOut = names.length === 0 || names.at(-1) === '..';
    if (name !== '..' || (isOut && start === '')) names.push(name);
    else if (!isOut && !(names.length === 1 && drive.test(names[0]!))) names.pop();
  }
  const joined = start + names.join('/');
  // `C:` alone means the current folder of the drive.
  return names.length === 1 && drive.test(joined) ? `${joined}/` : joined;
}

/** An absolute path unchanged; any other path below a folder. */
export function resolvePath(folder: string, path: string): string {
  return isAbsolute(path) ? joinPath(path) : joinPath(folder, path);
}

/** An absolute path relative to a folder: `a.png`, `../b/a.png`; unchanged if it is on another drive. */
export function pathFrom(folder: string, path: string): string {
  const [from, to] = [folder, path].map((whole) => joinPath(whole).split('/').filter(Boolean)) as [
    string[],
    string[],
  ];
  const isDrive = drive.test(folder) || drive.test(path);
  const form = (name: string | undefined) => (isDrive ? name?.toLowerCase() : name);
  if (isDrive && form(from[0]) !== form(to[0])) return path;
  let common = 0;
  while (common < Math.min(from.length, to.length) && form(from[common]) === form(to[common])) common += 1;
  return [...from.slice(common).map(() => '..'), ...to.slice(common)].join('/');
}

/** A path below a folder, relative to that folder. */
export function pathBelow(folder: string, path: string): string {
  return folder === '' ? path : path.slice(folder.length + 1);
}

/** Whether an absolute path is that of a folder or of something in it. */
export function isBelow(folder: string, path: string): boolean {
  const below = pathFrom(folder, path);
  return !isAbsolute(below) && below !== '..' && !below.startsWith('../');
}

/** The folder of a path; `.` for a name alone. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 0 ? '.' : end === 0 ? '/' : path.slice(0, end);
}

/** The last name of a path. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The last name of a path without its extension: `train` of `lists/train.txt`. */
export function bareName(path: string): string {
  const name = lastName(path);
  return name.slice(0, dotOf(name));
}

/** The extension in lower case, without its dot; empty if there is none, as in `.hidden`. */
export function extensionOf(path: string): string {
  const name = lastName(path);
  return name.slice(dotOf(name) + 1).toLowerCase();
}

function dotOf(name: string): number {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? dot : name.length;
}

const order = new Intl.Collator('en', { numeric: true });

/** `frame2` before `frame10`, and a fixed order for names that differ only otherwise. */
export function byName(a: string, b: string): number {
  return order.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Folder by folder. */
export function byPath(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = byName(left[i]!, right[i]!);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Extensions that the decoder reads. */
const imageExtension = /\.(png|jpe?g|jpe|jfif|webp|tiff?|gif|avif)$/i;

export const READABLE = 'PNG, JPEG, WebP, TIFF, AVIF or GIF';

/** Extensions of pictures that the decoder does not read. */
const otherImage =
  /\.(heic|heif|hif|bmp|dib|jp2|j2k|jpf|jpx|jxl|jxr|psd|psb|xcf|svg|ico|tga|pcx|exr|hdr|p[abgnp]m|dng|cr[23w]|nef|nrw|arw|sr[2fw]|orf|raf|rw2|pef|3fr|iiq|x3f|raw)$/i;

export function isImageName(path: string): boolean {
  return imageExtension.test(path);
}

export function isJpegName(path: string): boolean {
  return /\.(jpe?g|jpe|jfif)$/i.test(path);
}

/** Whether the name has the extension of a picture format that is not read. */
export function isOtherImageName(path: string): boolean {
  return otherImage.test(path);
}

/** The path without the extension of an image. `img_1.jpg.rf.aa01` has no such extension. */
export function stemOf(path: string): string {
  return path.replace(imageExtension, '');
}

/** The file name without folders and without the extension of an image. */
export function nameOf(path: string): string {
  return stemOf(path.slice(path.lastIndexOf('/') + 1));
}

/** One form for names that look the same: macOS writes é as two characters, other systems as one. */
export function canonical(name: string): string {
  return name.normalize('NFC');
}

/** `a`, `a and b`, `a, b and c`, `a, b, c and 3 more`. */
export function few(names: readonly string[], shown = 3): string {
  const more = names.length - shown;
  const parts = more > 0 ? [...names.slice(0, shown), `${more} more`] : names;
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
