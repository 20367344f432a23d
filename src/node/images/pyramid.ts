import sharp, { type Sharp } from 'sharp';
import type { Pixels } from '../../base/pixels.js';
import { toDisk } from './disk.js';
import type { RawImage } from './raw-image.js';

/** The name of a program as XMP, the place for it in a TIFF file that libvips writes. */
const xmpOf = (software: string) =>
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" ' +
  `xmp:CreatorTool="${software}"/></rdf:RDF></x:xmpmeta>`;

/**
 * An RGB image as a TIFF file of tiles with smaller versions of itself (a pyramid), which viewers of large images open at once. A
 * label map must not be written so: the smaller versions are averages.
 */
export function encodedPyramid({ data, width, height }: Pixels, software: string): Promise<Uint8Array> {
  return pyramid(sharp(data, { raw: { width, height, channels: 3 } }), software).toBuffer();
}

/** Writes {@link encodedPyramid} of an image in a file, a few rows at a time. @throws HmsaError when the disk is full */
export async function encodePyramid(image: RawImage, path: string, software: string): Promise<void> {
  await toDisk(path, pyramid(image.pipeline(), software).toFile(path));
}

function pyramid(image: Sharp, software: string): Sharp {
  return image
    .toColourspace('srgb')
    .tiff({
      tile: true,
      tileWidth: 256,
      tileHeight: 256,
      pyramid: true,
      bigtiff: true,
      compression: 'deflate',
    })
    .withXmp(xmpOf(software));
}

/** The program that made a TIFF file, as {@link encodedPyramid} stored it. @throws the error of sharp */
export async function softwareOfTiff(path: string): Promise<string | undefined> {
  const { xmp } = await sharp(path, { limitInputPixels: false }).metadata();
  return /xmp:CreatorTool="([^"]*)"/.exec(xmp?.toString('utf8') ?? '')?.[1];
}
