import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import { softwareOf } from '../images/index.js';
import { OWN_SOFTWARE } from './picture-files.js';

const readable = ['.png', '.jpg', '.jpeg', '.jpe', '.jfif', '.webp', '.tif', '.tiff', '.avif', '.gif'];
const extensions = new Set(readable);

/** Extensions of picture formats that cannot be read. */
const otherExtensions = new Set(
  (
    '.heic .heif .hif .bmp .dib .jp2 .j2k .jpf .jpx .jxl .jxr .psd .psb .xcf .svg .ppm .pgm .pbm .pnm .pam .tga .pcx ' +
    '.ico .exr .hdr .dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .orf .raf .rw2 .pef .srw .raw .3fr .iiq .x3f'
  ).split(' '),
);

const pictureName = /^(.+)\.(labels|color|overlay|legend|attention@[\d.]+|labels@[\d.]+|color@[\d.]+)\.png$/;

/** A picture in a folder that is not labelled. */
export interface LeftOutFile {
  readonly file: string;
  readonly reason: string;
}

export interface FoundImages {
  readonly files: readonly string[];
  readonly leftOut: readonly LeftOutFile[];
}

/**
 * Lists the given files, and the image files in the given folders in order of name. Hidden files, files that are not
 * pictures and pictures that `hmsa segment` wrote are left out silently. Pictures in a format that cannot be read are
 * reported, and so are those that are named like a picture of a photograph beside them, such as masks.
 *
 * @throws HmsaError when there is no image, or a folder cannot be read
 */
export async function findImages(inputs: readonly string[]): Promise<FoundImages> {
  // By their absolute path, so that a file named twice is labelled once.
  const files = new Map<string, string>();
  const add = (file: string) => files.set(resolve(file), files.get(resolve(file)) ?? file);
  const leftOut: LeftOutFile[] = [];
  for (const path of inputs) {
    const info = await stat(path).catch(() => undefined);
    if (!info?.isDirectory()) {
      add(path);
      continue;
    }
    const found = await imagesIn(path);
    for (const file of found.files) add(file);
    leftOut.push(...found.leftOut);
  }
  if (files.size === 0) {
    const others = leftOut.length === 0 ? '' : `, but ${leftOut.length} such as ${leftOut[0]!.file}`;
    throw new HmsaError({
      operation: 'segment',
      expected: `image files (${readable.join(', ')})`,
      received: `none in ${inputs.join(', ') || 'nothing'}${others}`,
      remedy: leftOut.length === 0 ? 'Name an image or a folder of images.' : 'Convert them to JPEG or PNG.',
    });
  }
  return { files: [...files.values()], leftOut };
}

/** The files of {@link findImages}. */
export async function listImages(inputs: readonly string[]): Promise<string[]> {
  return [...(await findImages(inputs)).files];
}

async function imagesIn(folder: string): Promise<FoundImages> {
  const names = (await namesIn(folder)).filter((name) => !name.startsWith('.')).sort();
  const images = names.filter((name) => extensions.has(extname(name).toLowerCase()));
  const stems = new Map<string, string>();
  for (const name of images) {
    stems.set(name, name);
    stems.set(name.slice(0, -extname(name).length), name);
  }
  const files: string[] = [];
  const leftOut: LeftOutFile[] = [];
  for (const name of names) {
    const file = join(folder, name);
    if (otherExtensions.has(extname(name).toLowerCase())) {
      leftOut.push({ file, reason: `of a format that cannot be read (${extname(name).toLowerCase()})` });
    }
    if (!extensions.has(extname(name).toLowerCase())) continue;
    const stem = pictureName.exec(name)?.[1];
    if (stem === undefined) files.push(file);
    else if ((await softwareOf(file)) === OWN_SOFTWARE) continue;
    else if (stems.has(stem)) leftOut.push({ file, reason: `a picture of ${stems.get(stem)}, by its name` });
    else files.push(file);
  }
  return { files, leftOut };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
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
