import { HmsaError } from '../../dist/web/index.js';

/** The picture that is worked on. */
export interface Photo {
  readonly bitmap: ImageBitmap;
  readonly width: number;
  readonly height: number;
  /** Its file's name without the extension. */
  readonly name: string;
  /** The size of the file's picture, if this one is smaller. */
  readonly from?: { readonly width: number; readonly height: number };
}

/** Larger pictures are reduced on opening, so that a phone can hold the overlays. The network sees fewer pixels anyway. */
const LONGEST_SIDE = 2048;

/** @throws HmsaError when it is no image that the browser can show */
export async function photoOf(file: Blob, name: string): Promise<Photo> {
  const whole = await createImageBitmap(file).catch(() => {
    throw new HmsaError({
      operation: name,
      expected: 'an image that this browser can show, such as PNG, JPEG, WebP or AVIF',
      received:
        file.size === 0 ? 'an empty file' : `a file of ${file.type || 'no known type'}, or a damaged one`,
      remedy: 'Open it in another program, and save it as PNG.',
    });
  });
  const { width, height } = whole;
  const factor = LONGEST_SIDE / Math.max(width, height);
  const short = name.replace(/\.[^.]*$/, '') || 'image';
  if (factor >= 1) return { bitmap: whole, width, height, name: short };
  const size = { width: Math.round(width * factor), height: Math.round(height * factor) };
  const options = { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: 'high' as const };
  const bitmap = await createImageBitmap(whole, options);
  whole.close();
  return { bitmap, ...size, name: short, from: { width, height } };
}

/** A rendered street. */
export function scene(index: number): Promise<Photo> {
  const [width, height] = [1024, 512];
  const worker = new Worker(new URL('./scene.mjs', import.meta.url), { type: 'module', name: 'scene' });
  return new Promise<Photo>((resolve, reject) => {
    worker.onmessage = async ({ data }: MessageEvent<{ rgba: Uint8ClampedArray<ArrayBuffer> }>) => {
      const bitmap = await createImageBitmap(new ImageData(data.rgba, width, height));
      resolve({ bitmap, width, height, name: `scene-${index}` });
    };
    worker.onerror = () => reject(new Error('The scene could not be rendered: scene.mjs did not load.'));
    worker.postMessage({ index, width, height });
  }).finally(() => worker.terminate());
}
