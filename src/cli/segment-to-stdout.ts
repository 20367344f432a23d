import { createReadStream, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFile } from '../base/errors/index.js';
import { atEnd } from '../node/files/index.js';
import { decodePhoto } from '../node/images/index.js';
import {
  isLargeImage,
  type LabelOptions,
  type LargeImage,
  type LoadedModel,
  labelledLargeImage,
  readStream,
  type SingleKind,
} from '../node/jobs/segmenting.js';
import type { TileProgress } from '../prediction/index.js';

/**
 * Labels one image and writes one file of it to standard output.
 *
 * @param input the path of an image, or `-` for standard input
 * @returns what is to be said of the image
 */
export async function segmentToStdout(
  segmenter: LoadedModel,
  input: string,
  kind: SingleKind,
  { safeColors = false, ...options }: Omit<LabelOptions, 'files' | 'batch' | 'onProgress'>,
  onProgress: TileProgress,
): Promise<string[]> {
  const isStdin = input === '-';
  const name = isStdin ? 'standard input' : input;
  const source = isStdin ? await readStream(process.stdin) : input;
  if (await isLargeImage(source, segmenter.memoryLimit, name)) {
    return largeToStdout(segmenter, { file: input, source, name }, kind, {
      ...options,
      safeColors,
      onProgress,
    });
  }
  const { image, notes } = await decodePhoto(source, { name });
  const result = await withFile(name, () =>
    segmenter.segment(image, { ...options, confidence: kind === 'confidence', onProgress }),
  );
  await write(await result.encode({ as: kind, safeColors }));
  return notes.map((note) => `${name}: ${note}`);
}

/** Resolves when it is written, or the reader has gone. */
function write(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(bytes, () => resolve());
  });
}

/** An image that is labelled row by row: its file is made in a temporary folder, because encoders go back in what they write. */
async function largeToStdout(
  segmenter: LoadedModel,
  image: Omit<LargeImage, 'stem'>,
  kind: SingleKind,
  options: LabelOptions,
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const forget = atEnd(remove);
  try {
    const stem = join(folder, 'image');
    const { written, notes } = await labelledLargeImage(segmenter, { ...image, stem }, [kind], options);
    for await (const bytes of createReadStream(written[0]!)) await write(bytes);
    return notes.map((note) => `${image.name}: ${note}`);
  } finally {
    remove();
    forget();
  }
}
