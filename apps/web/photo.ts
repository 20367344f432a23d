import { HmsaError } from '../../dist/web/index.js';
import type { Made, Order } from './picture-worker.js';

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
  const isDrawing = file.type === 'image/svg+xml';
  const made = await (isDrawing ? drawn(file) : inWorker({ file, longest: LONGEST_SIDE }));
  if (made.bitmap === undefined) {
    throw new HmsaError({
      operation: name,
      expected:
        'an image that this browser can show, such as PNG, JPEG, WebP or AVIF, or a model of hmsa (.safetensors, or .onnx of hmsa export)',
      received: file.size === 0 ? 'an empty file' : `${kindOf(file)}, or a damaged one`,
      remedy: 'Open an image in another program, and save it as PNG.',
    });
  }
  return photoFrom(made.bitmap, name.replace(/\.[^.]*$/, '') || 'image', made.from);
}

function photoFrom(bitmap: ImageBitmap, name: string, from?: Photo['from']): Photo {
  const { width, height } = bitmap;
  return { bitmap, width, height, name, ...(from && { from }) };
}

function kindOf({ type }: Blob): string {
  return type === '' ? 'a file of no known type' : `a file of ${type}`;
}

/** Drawings are not decoded as they are, but as an element of a page shows them: without scripts, and without other files. */
async function drawn(file: Blob): Promise<Made> {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    // A drawing need not say how large it is.
    const [width, height] = [image.naturalWidth || 1024, image.naturalHeight || 1024];
    const factor = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    const side = (length: number) => Math.max(1, Math.round(length * factor));
    const canvas = new OffscreenCanvas(side(width), side(height));
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return { bitmap: canvas.transferToImageBitmap(), ...(factor < 1 && { from: { width, height } }) };
  } catch {
    return {};
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** Whether a file is a model, by its name or, if that tells nothing, its first bytes: the length of a header, and a brace. */
export async function isModelFile(file: File): Promise<boolean> {
  if (/\.(safetensors|onnx)$/i.test(file.name)) return true;
  if (file.type !== '') return false;
  const begin = new Uint8Array(await file.slice(0, 9).arrayBuffer());
  return begin[8] === 0x7b && begin.subarray(4, 8).every((byte) => byte === 0);
}

/** A rendered street. */
export async function scene(index: number): Promise<Photo> {
  const { bitmap } = await inWorker({ scene: index, width: 1024, height: 512 });
  return photoFrom(bitmap!, `scene-${index}`);
}

function inWorker(order: Order): Promise<Made> {
  const worker = new Worker(new URL('./picture.mjs', import.meta.url), { type: 'module', name: 'picture' });
  return new Promise<Made>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Made>) => resolve(data);
    worker.onerror = () => reject(new Error('The picture could not be made: picture.mjs did not load.'));
    worker.postMessage(order);
  }).finally(() => worker.terminate());
}
