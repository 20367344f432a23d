import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { HmsaError } from '../../errors/index.js';

const extensions = new Set(['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.avif', '.gif']);
const ownPicture = /\.(labels|color|overlay|attention@[\d.]+|labels@[\d.]+)\.png$/;

/**
 * Files as given, folders as the image files in them, in order of name; pictures of an earlier run are left out.
 *
 * @throws HmsaError when there is not one
 */
export async function listImages(inputs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of inputs) {
    const info = await stat(path).catch(() => undefined);
    if (!info?.isDirectory()) {
      files.push(path);
      continue;
    }
    const names = (await readdir(path)).filter(
      (name) =>
        extensions.has(extname(name).toLowerCase()) && !ownPicture.test(name) && !name.startsWith('.'),
    );
    files.push(...names.sort().map((name) => join(path, name)));
  }
  if (files.length === 0) {
    throw new HmsaError({
      operation: 'segment',
      expected: `image files (${[...extensions].join(', ')})`,
      received: `none in ${inputs.join(', ') || 'nothing'}`,
      remedy: 'Name an image or a folder of images.',
    });
  }
  return [...new Set(files)];
}
