import { HmsaError, withFile } from '../base/errors/index.js';
import { decodePhoto } from '../node/images/index.js';
import { isLargeImage, type LoadedModel, readStream, type SingleKind } from '../node/jobs/segmenting.js';
import type { SegmentOptions } from '../prediction/index.js';

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
  options: SegmentOptions,
): Promise<string[]> {
  const isStdin = input === '-';
  const name = isStdin ? 'standard input' : input;
  const source = isStdin ? await readStream(process.stdin) : input;
  if (await isLargeImage(source, segmenter.memoryLimit, name)) {
    throw new HmsaError({
      operation: name,
      expected: 'an image that is held in memory, for --stdout',
      received: 'one of a size that is read and written row by row',
      remedy: 'Leave out --stdout, or give more memory (--memory).',
    });
  }
  const { image, notes } = await decodePhoto(source, { name });
  const result = await withFile(name, () =>
    segmenter.segment(image, { ...options, confidence: kind === 'confidence' }),
  );
  const bytes = await result.encode({ as: kind });
  // Also called when the reader has gone.
  await new Promise<void>((resolve) => {
    process.stdout.write(bytes, () => resolve());
  });
  return notes.map((note) => `${name}: ${note}`);
}
