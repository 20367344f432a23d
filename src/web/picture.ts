import { HmsaError, shown } from '../base/errors/index.js';
import type { SentPicture } from './protocol.js';

/** What `segment` takes: a file, or anything that a page can draw. */
export type Picture =
  | Blob
  | ImageData
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame;

/**
 * A picture in a form that goes to the worker; the caller's own stays as it is. Of a video it is the frame that is shown.
 *
 * @throws HmsaError when it is no picture, or one that is not loaded, or from another origin
 */
export async function sentPicture(
  picture: Picture,
): Promise<{ readonly picture: SentPicture; readonly transfer: readonly ArrayBuffer[] }> {
  if (picture instanceof Blob || picture instanceof ImageData) return { picture, transfer: [] };
  if (!isDrawable(picture)) {
    throw new HmsaError({
      operation: 'image',
      expected:
        'an image file (Blob), ImageData, ImageBitmap, VideoFrame, or an image, canvas or video element',
      received: shown(picture),
    });
  }
  if (typeof HTMLImageElement !== 'undefined' && picture instanceof HTMLImageElement) await loaded(picture);
  try {
    const bitmap = await createImageBitmap(picture);
    // A bitmap is handed over as memory is.
    return { picture: bitmap, transfer: [bitmap as unknown as ArrayBuffer] };
  } catch (cause) {
    throw new HmsaError({
      operation: 'image',
      expected: 'a picture that is loaded, and whose pixels this page may read',
      received: `"${(cause as Error).message}"`,
      remedy: 'Wait until it is loaded; from another origin, load it with crossorigin="anonymous".',
      cause,
    });
  }
}

function isDrawable(picture: unknown): picture is Exclude<Picture, Blob | ImageData> {
  const names = [
    'ImageBitmap',
    'HTMLImageElement',
    'HTMLCanvasElement',
    'OffscreenCanvas',
    'HTMLVideoElement',
    'VideoFrame',
  ];
  // Some browsers lack some of them, and workers all elements.
  const classes = globalThis as unknown as Record<string, (new () => unknown) | undefined>;
  return names.some((name) => classes[name] !== undefined && picture instanceof classes[name]);
}

async function loaded(image: HTMLImageElement): Promise<void> {
  try {
    await image.decode();
  } catch {
    throw new HmsaError({
      operation: 'image',
      expected: 'an image that the browser can show',
      received: `an image element that could not load ${image.currentSrc.slice(0, 200) || 'anything'}`,
    });
  }
}
