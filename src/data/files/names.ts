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
