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
  const whole = await (file.type === 'image/svg+xml' ? drawn(file) : createImageBitmap(file)).catch(() => {
    throw new HmsaError({
      operation: name,
      expected:
        'an image that this browser can show, such as PNG, JPEG, WebP or AVIF, or a model of hmsa (.safetensors, or .onnx of hmsa export)',
      received: file.size === 0 ? 'an empty file' : `${kindOf(file)}, or a damaged one`,
      remedy: 'Open an image in another program, and save it as PNG.',
    });
  });
  const { width, height } = whole;
  const factor = LONGEST_SIDE / Math.max(width, height);
  const short = name.replace(/\.[^.]*$/, '') || 'image';
  if (factor >= 1) return { bitmap: whole, width, height, name: short };
  const size = { width: reduced(width * factor), height: reduced(height * factor) };
  const options = { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: 'high' as const };
  const bitmap = await createImageBitmap(whole, options);
  whole.close();
  return { bitmap, ...size, name: short, from: { width, height } };
}

function kindOf({ type }: Blob): string {
  return type === '' ? 'a file of no known type' : `a file of ${type}`;
}

function reduced(side: number): number {
  return Math.max(1, Math.round(side));
}

/** Drawings are not decoded as they are, but as an element of a page shows them: without scripts, and without other files. */
async function drawn(file: Blob): Promise<ImageBitmap> {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return await createImageBitmap(image);
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
