import { polygons } from '../../dist/report/shapes/index.js';
import type { ClassMap, Segmentation } from '../../dist/web/index.js';
import type { Photo } from './photo.js';
import { coloredLabels } from './views.js';

/** The label map as a grey PNG: the value of a pixel is the number of its class, 255 for none. */
export async function labelsPng({ labels, width, height }: Segmentation): Promise<Blob> {
  const greys = Array.from({ length: 256 }, (_, i) => [i, i, i] as const);
  return pngOf(coloredLabels(labels, width, height, greys));
}

async function pngOf(picture: ImageData): Promise<Blob> {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext('2d')!.putImageData(picture, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** What is known of the picture, with its labels as runs: number of a class, pixels, row by row. */
export function resultJson(
  photo: Photo,
  result: Segmentation,
  classes: ClassMap,
  made: Readonly<Record<string, unknown>>,
): string {
  const { labels, confidence, width, height, seen } = result;
  const pixels = new Float64Array(256);
  const sums = new Float64Array(256);
  for (let i = 0; i < labels.length; i++) {
    pixels[labels[i]!]!++;
    sums[labels[i]!]! += confidence?.[i] ?? 0;
  }
  const summary = classes.names.map((name, id) => ({
    id,
    name,
    color: classes.colors[id],
    pixels: pixels[id],
    share: pixels[id]! / labels.length,
    ...(confidence && pixels[id]! > 0 ? { confidence: sums[id]! / pixels[id]! } : {}),
  }));
  return JSON.stringify(
    { image: photo.name, width, height, seen, ...made, classes: summary, runs: runsOf(labels) },
    undefined,
    1,
  );
}

/** The regions of the labels, in the form of GeoJSON, in pixels with y downwards. */
export function polygonsJson(photo: Photo, { labels, width, height }: Segmentation, classes: ClassMap): Blob {
  const regions = polygons(labels, width, height, classes);
  const text = JSON.stringify({ image: photo.name, width, height, ...regions });
  return new Blob([text], { type: 'application/geo+json' });
}

function runsOf(labels: Uint8Array): number[] {
  const runs: number[] = [];
  for (let i = 0, from = 0; i < labels.length; i = from) {
    while (from < labels.length && labels[from] === labels[i]) from++;
    runs.push(labels[i]!, from - i);
  }
  return runs;
}
