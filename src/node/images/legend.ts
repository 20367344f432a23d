import sharp from 'sharp';
import type { Pixels } from '../../base/pixels/index.js';
import type { ClassMap } from '../../data/index.js';
import { type ClassShare, type Drawing, legendOf, scaleBarOf, stacked } from '../../report/pictures/index.js';

/**
 * Adds a legend below a picture: colour, name and share of the image of each class present, the largest first. Letters
 * grow with the picture. A picture narrower than an entry gets white beside it.
 *
 * @throws HmsaError when it is not an RGB picture, or the shares are not those of {@link classShares}
 */
export async function withLegend(
  picture: Pixels,
  shares: readonly ClassShare[],
  classes: Pick<ClassMap, 'colors'>,
): Promise<Pixels> {
  return stacked(picture, await rasterized(legendOf(picture, shares, classes)));
}

/**
 * Adds a bar below a heat map that shows its colours and the meaning of the dark and the bright end.
 *
 * @throws HmsaError when it is not an RGB picture
 */
export async function withScaleBar(picture: Pixels, low: string, high: string): Promise<Pixels> {
  return stacked(picture, await rasterized(scaleBarOf(picture, low, high)));
}

async function rasterized({ svg, width, height }: Drawing): Promise<Pixels> {
  const data = await sharp(Buffer.from(svg)).removeAlpha().toColourspace('srgb').raw().toBuffer();
  return { data, width, height };
}
