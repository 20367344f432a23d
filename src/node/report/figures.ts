import { join } from 'node:path';
import sharp from 'sharp';
import { checkArgument, isRecord } from '../../base/errors/index.js';
import { writeFileAtomic } from '../files/index.js';

/** A drawing for a paper or a talk: SVG with texts. */
export interface Figure {
  readonly name: string;
  readonly svg: string;
}

/** Pixels of a PNG for one unit of a drawing. */
const DENSITY = 2;

/**
 * A drawing as PNG on white, at twice its size. Its texts are drawn as lines, so it looks the same on a machine without fonts.
 *
 * @throws HmsaError when it is not a drawing of this program
 */
export async function figurePng(figure: Pick<Figure, 'svg'>): Promise<Uint8Array> {
  const svg: unknown = isRecord(figure) ? figure.svg : undefined;
  const isDrawing = typeof svg === 'string' && svg.startsWith('<svg');
  checkArgument(isDrawing, 'figurePng', 'a figure with svg', figure);
  const { outlined } = await import('../../report/plots/index.js');
  return sharp(Buffer.from(outlined(svg as string)), {
    density: 72 * DENSITY,
    limitInputPixels: false,
    unlimited: true,
  })
    .flatten({ background: '#fff' })
    .png()
    .toBuffer();
}

/**
 * Writes each figure as NAME.svg and NAME.png into a folder.
 *
 * @returns the paths of the files
 * @throws HmsaError when a file cannot be written
 */
export async function writeFigures(figures: readonly Figure[], folder: string): Promise<string[]> {
  const areFigures =
    Array.isArray(figures) && figures.every((one) => isRecord(one) && typeof one.name === 'string');
  checkArgument(areFigures, 'writeFigures', 'a list of figures', figures);
  checkArgument(typeof folder === 'string' && folder !== '', 'writeFigures', 'the path of a folder', folder);
  const written: string[] = [];
  for (const figure of figures) {
    for (const [ending, content] of [
      ['svg', figure.svg],
      ['png', await figurePng(figure)],
    ] as const) {
      const path = join(folder, `${figure.name}.${ending}`);
      await writeFileAtomic(path, content);
      written.push(path);
    }
  }
  return written;
}
