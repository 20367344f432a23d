import sharp from 'sharp';
import type { Pixels } from '../../base/pixels/index.js';
import type { ClassMap } from '../../data/index.js';
import { type ClassShare, type Drawing, legendOf, scaleBarOf, stacked } from '../../report/pictures/index.js';

/**
 * The picture with a legend below it: of each class present, the largest first, its colour, name and share of the image.
 * Letters grow with the picture. A picture narrower than an entry gets white beside it.
 *
 * @throws HmsaError when it is no RGB picture, or the shares are not those of {@link classShares}
 */
export async function withLegend(
  picture: Pixels,
  shares: readonly ClassShare[],
  classes: Pick<ClassMap, 'colors'>,
): Promise<Pixels> {
  return stacked(picture, await rasterized(legendOf(picture, shares, classes)));
}

/**
 * A heat map with a bar of its colours below it, and what its dark and its bright end mean.
 *
 * @throws HmsaError when it is no RGB picture
 */
export async function withScaleBar(picture: Pixels, low: string, high: string): Promise<Pixels> {
  return stacked(picture, await rasterized(scaleBarOf(picture, low, high)));
}

async function rasterized({ svg, width, height }: Drawing): Promise<Pixels> {
  const data = await sharp(Buffer.from(svg)).removeAlpha().toColourspace('srgb').raw().toBuffer();
  return { data, width, height };
}
