/** Makes pictures in a thread of its own, so that the page goes on: decodes and reduces files, and renders streets. */
import { renderScene } from '../../dist/scenes/index.js';

/** A file, whose picture is reduced to the longest side; or a street. */
export type Order =
  | { readonly file: Blob; readonly longest: number }
  | { readonly scene: number; readonly width: number; readonly height: number };

/** A picture, and the size of the file's picture, if this one is smaller; nothing if it cannot be decoded. */
export interface Made {
  readonly bitmap?: ImageBitmap;
  readonly from?: { readonly width: number; readonly height: number };
}

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(message: Made, transfer: Transferable[]): void;
};

scope.onmessage = async ({ data }) => {
  const made = await ('file' in data ? decoded(data.file, data.longest) : rendered(data)).catch(() => ({}));
  scope.postMessage(made, 'bitmap' in made ? [made.bitmap] : []);
};

async function decoded(file: Blob, longest: number) {
  const whole = await createImageBitmap(file);
  const { width, height } = whole;
  const factor = longest / Math.max(width, height);
  if (factor >= 1) return { bitmap: whole };
  const bitmap = await createImageBitmap(whole, {
    resizeWidth: Math.max(1, Math.round(width * factor)),
    resizeHeight: Math.max(1, Math.round(height * factor)),
    resizeQuality: 'high',
  });
  whole.close();
  return { bitmap, from: { width, height } };
}

async function rendered({ scene: index, width, height }: Extract<Order, { readonly scene: number }>) {
  const { image } = renderScene({ seed: 7, index, width, height });
  const picture = new ImageData(width, height);
  for (let from = 0, to = 0; from < image.length; from += 3, to += 4) {
    picture.data[to] = image[from]!;
    picture.data[to + 1] = image[from + 1]!;
    picture.data[to + 2] = image[from + 2]!;
    picture.data[to + 3] = 255;
  }
  return { bitmap: await createImageBitmap(picture) };
}
