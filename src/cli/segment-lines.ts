import { printable } from '../base/errors/index.js';
import type { ClassShare, FailedFile, LabelledFile, LeftOutFile, SkippedFile } from '../node/index.js';

/** Printed once, for the first image to which it applies. */
export function reductionNote(
  { file, width, height, seen }: LabelledFile,
  maxSide: number | 'none' | undefined,
  trained: { readonly width: number; readonly height: number } | undefined,
): string | undefined {
  const name = printable(file);
  if (maxSide === undefined && trained === undefined) {
    return (
      `${name}: labelled at its full size, ${width}×${height}, because the model does not record the size of its training ` +
      'photographs; --max-side reduces larger images'
    );
  }
  if (seen.width === width && seen.height === height) return undefined;
  const why =
    maxSide === undefined
      ? `the model was trained on photographs of ${trained!.width}×${trained!.height}; --max-side none does not reduce`
      : `--max-side ${maxSide}`;
  return `${name}: ${width}×${height}, reduced to ${seen.width}×${seen.height} for the network, as are all larger images (${why})`;
}

/** The most left-out files that are named. */
const NAMED = 5;

/** What was left out of the folders, `2 files left out: a.heic is of a format …`. */
export function leftOutLine(files: readonly LeftOutFile[]): string {
  const names = files.slice(0, NAMED).map(({ file, reason }) => `${printable(file)} is ${reason}`);
  const more = files.length > NAMED ? `; and ${files.length - NAMED} more` : '';
  return `${files.length} ${files.length === 1 ? 'file' : 'files'} left out: ${names.join('; ')}${more}`;
}

/** What is to be said of an image: `street.png: 12.0% of the pixels are not opaque; …`. */
export function notesLine({ file, notes }: LabelledFile): string | undefined {
  return notes.length === 0 ? undefined : `${printable(file)}: ${notes.join('; ')}`;
}

/** A line about the image, and a line for each of its pictures. */
export function resultLines(result: LabelledFile | SkippedFile | FailedFile): string {
  if ('existing' in result) return '';
  const lines = result.written.map((path) => printable(path, 4096));
  if ('classes' in result) {
    const name = printable(result.file);
    if (result.work !== undefined) lines.unshift(`${name}: ${workText(result.work)}`);
    lines.unshift(`${name}: ${sharesText(result.classes)}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** How much of the work an adaptive prediction did. */
export function workText(work: number): string {
  return `${(100 * work).toFixed(0)}% of the work of all scales`;
}

/** The most classes that a line names. */
const LISTED = 8;

/** `road 43.1%, building 22.0%, … and 4 more 3.2%` */
function sharesText(classes: readonly ClassShare[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const listed = classes.length <= LISTED + 1 ? classes : classes.slice(0, LISTED);
  const rest = classes.slice(listed.length);
  const texts = listed.map(({ name, share }) => `${printable(name, 60)} ${percent(share)}`);
  if (rest.length > 0) {
    texts.push(`${rest.length} more ${percent(rest.reduce((sum, { share }) => sum + share, 0))}`);
  }
  return texts.join(', ') || 'no class';
}
