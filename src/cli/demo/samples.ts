import { basename, extname, join } from 'node:path';
import type { Pixels } from '../../base/pixels.js';
import { writeFileAtomic } from '../../node/files/index.js';
import { decodeImage, encodePng, reducedTo } from '../../node/images/index.js';
import { type FailedFile, labelImage } from '../../node/jobs/index.js';
import type { Segmenter } from '../../prediction/index.js';
import type { Shown } from '../../report/pages/index.js';
import { renderScene } from '../../scenes/index.js';

/**
 * Rendered streets with things that the shipped model knows: cars, people, trees and houses, by day and at dusk. Its
 * training photographs hardly show other views, such as buses that fill the image.
 */
const SCENES = [2, 10, 11, 9];
const SCENE = { seed: 1, split: 'val', width: 480, height: 360 };

/** The longest side of photographs in pictures. The model itself reduces them for the network. */
const LONGEST_SIDE = 960;

interface Sample {
  readonly source: string;
  /** Relative to the folder of the demo, with `/`. */
  readonly stem: string;
  readonly read: () => Promise<Pixels>;
}

function samplesOf(images: readonly string[]): Sample[] {
  const scenes = SCENES.map((index, i) => ({
    source: `rendered street ${i + 1}`,
    stem: `scenes/street-${i + 1}`,
    read: async () => {
      const { image: data, width, height } = renderScene({ ...SCENE, index });
      return { data, width, height };
    },
  }));
  const taken = new Set<string>();
  const given = images.map((source) => {
    const name = basename(source, extname(source));
    let stem = `images/${name}`;
    for (let i = 2; taken.has(stem.toLowerCase()); i++) stem = `images/${name}-${i}`;
    taken.add(stem.toLowerCase());
    return { source, stem, read: async () => reducedTo(LONGEST_SIDE, await decodeImage(source)) };
  });
  return [...scenes, ...given];
}

/**
 * Labels rendered streets and the given images. Writes the photograph, `overlay`, `color`, `labels` and `attention` of
 * each below `scenes/` and `images/`. An image that cannot be labelled is listed.
 *
 * @throws HmsaError when a picture cannot be written
 */
export async function segmentSamples(
  segmenter: Segmenter,
  images: readonly string[],
  out: string,
  {
    signal,
    onImage,
  }: {
    readonly signal?: AbortSignal;
    /** Called after each image with all that are labelled so far; awaited before the next one. */
    readonly onImage?: (
      result: Shown | FailedFile,
      labelled: readonly Shown[],
      done: number,
      total: number,
    ) => Promise<void>;
  },
): Promise<{ readonly segmented: Shown[]; readonly failed: FailedFile[] }> {
  const samples = samplesOf(images);
  const segmented: Shown[] = [];
  const failed: FailedFile[] = [];
  for (const [i, { source, stem, read }] of samples.entries()) {
    signal?.throwIfAborted();
    let photo: Pixels | undefined;
    const image = {
      file: source,
      stem: join(out, stem),
      read: async () => {
        photo = await read();
        return { image: photo, notes: [] };
      },
    };
    const result = await labelImage(segmenter, image, ['overlay', 'color', 'labels', 'attention'], {});
    if ('message' in result) {
      failed.push(result);
      await onImage?.(result, segmented, i + 1, samples.length);
      continue;
    }
    await writeFileAtomic(`${image.stem}.photo.png`, await encodePng(photo!));
    const endings = ['.photo.png', ...result.written.map((path) => path.slice(image.stem.length))];
    const shown = { source, pictures: endings.map((ending) => stem + ending) };
    segmented.push(shown);
    await onImage?.(shown, segmented, i + 1, samples.length);
  }
  return { segmented, failed };
}
