import sharp, { type Sharp } from 'sharp';
import { HmsaError, isObject, shown } from '../../base/errors/index.js';
import { isRawPixels, type RawPixels, rgbOf } from '../../base/raw-pixels.js';
import { levelsOf } from './levels.js';
import { checkBrightest, damaged, decodePhoto, type Photo, photoNotes } from './photo.js';
import { type DecodeOptions, type ImageSource, isImageSource, nameOf } from './source.js';

/**
 * What {@link readImage} takes: an image file by its path, its `file:` URL, its bytes (an `ArrayBuffer` too) or as a `Blob`; a sharp pipeline; or
 * pixels.
 */
export type ImageInput = ImageSource | ArrayBuffer | Blob | Sharp | RawPixels;

/**
 * Reads an image in whatever form it comes, as 8-bit RGB.
 *
 * A sharp pipeline gives the pixels that it makes; call its `autoOrient()` for photographs with an EXIF orientation.
 * Pixels are taken as sRGB, {@link RawPixels} says in which forms.
 *
 * @returns the image, and notes about what was taken of it where that is not plain
 * @throws HmsaError when it is none of these, and as `decodeImage` does
 */
export async function readImage(input: ImageInput, options: DecodeOptions = {}): Promise<Photo> {
  const name = nameOf(new Uint8Array(), options);
  if (isImageSource(input)) return decodePhoto(input, options);
  if (input instanceof Blob) {
    const own = 'name' in input && input.name !== '' ? String(input.name) : name;
    return decodePhoto(new Uint8Array(await input.arrayBuffer()), { name: own, ...options });
  }
  // What a fetch or a file picker gives.
  if (input instanceof ArrayBuffer) return decodePhoto(new Uint8Array(input), options);
  if (isPipeline(input)) return photoOf(await pixelsOf(input, name), name);
  if (isRawPixels(input)) return photoOf(input, name);
  throw new HmsaError({
    operation: 'segment',
    expected: 'an image as a path, file: URL, bytes, Blob, sharp pipeline or pixels { data, width, height }',
    received: shown(input),
  });
}

/** By its methods, because a program may have a sharp of its own. */
function isPipeline(input: unknown): input is Sharp {
  const methods = ['clone', 'raw', 'toBuffer', 'metadata', 'toColourspace'];
  return (
    isObject(input) &&
    (input instanceof sharp || methods.every((name) => typeof Reflect.get(input, name) === 'function'))
  );
}

async function pixelsOf(pipeline: Sharp, name: string): Promise<RawPixels> {
  try {
    // The clone keeps its owner's options. A pipeline that was fed as a stream can no longer be cloned once it is full.
    const own = pipeline.writableFinished ? pipeline : pipeline.clone();
    const { data, info } = await own
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return {
      data: new Uint8Array(data.buffer, data.byteOffset, data.length),
      width: info.width,
      height: info.height,
    };
  } catch (cause) {
    throw damaged(name, cause);
  }
}

function photoOf(pixels: RawPixels, name: string): Photo {
  const { image, transparent } = rgbOf(pixels, name);
  const values = { levels: levelsOf(image.data), transparent };
  const isDeep = pixels.data instanceof Uint16Array;
  if (isDeep) {
    let brightest = 0;
    for (const value of pixels.data) if (value > brightest) brightest = value;
    checkBrightest(values, brightest, name);
  }
  return { image, notes: photoNotes(values, { depth: isDeep ? 'ushort' : 'uchar' }) };
}
