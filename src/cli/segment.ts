import { Command, InvalidArgumentError, Option } from 'commander';
import { HmsaError, printable, suggest } from '../base/errors/index.js';
import {
  type FailedFile,
  type LabelledFile,
  type LeftOutFile,
  type LoadedModel,
  loadModel,
  type PictureKind,
  pictureKinds,
  type SingleKind,
  type SkippedFile,
  segmentFiles,
} from '../node/jobs/segmenting.js';
import { startSessionAhead } from '../node/session/index.js';
import { type Precision, precisions, type TileCount } from '../prediction/index.js';
import { parseBytes } from '../training/bytes.js';
import { equalColors } from './equal-colors.js';
import { addModelOptions, type ModelFlags, predictionOptions, sessionOptions } from './model-options.js';
import { points, positiveNumber } from './numbers.js';
import { Progress } from './progress.js';
import { ExitCode, interruptible } from './run.js';
import { leftOutLine, notesLine, reductionNote, resultLines } from './segment-lines.js';
import { segmentToStdout } from './segment-to-stdout.js';

interface SegmentFlags extends ModelFlags {
  readonly out?: string;
  readonly save?: PictureKind[];
  readonly overwrite?: boolean;
  readonly skipExisting?: boolean;
  readonly flip?: boolean;
  readonly adaptive?: true | number;
  readonly batch?: number;
  readonly precision?: Precision;
  readonly stdout?: boolean;
  readonly json?: boolean;
  readonly memory?: number;
  readonly pyramid?: boolean;
  readonly safeColors?: boolean;
}

const help = `
Prints the classes of each image with their shares of the pixels, and writes next to it, or into --out:
  NAME.labels.png       8-bit train ids, as indices of a palette of the classes' colours
  NAME.color.png        the same as RGB
  NAME.overlay.png      the colours over the photograph
  NAME.outline.png      the borders of the classes on the photograph
  NAME.legend.png       the overlay, with the names of the colours below it
  NAME.confidence.png   16-bit grey: how sure the model is of each label, 65535 for certain
  NAME.polygons.json    the regions as polygons, in the form of GeoJSON; in pixels, y downwards
  NAME.figure.svg, NAME.figure.png (--save figure)  what each scale saw, how it is trusted, and which one won
  NAME.rle.json         the classes as COCO's annotations, with compressed run lengths
  NAME.attention@S.png  how much scale S is trusted; with --save legend, above a bar that explains its colours
  NAME.labels@S.png, NAME.color@S.png (--save scales)  the labels of scale S alone

A file that cannot be labelled is listed, and the others are labelled: exit code 2. What is left out of a folder is named; with
pictures of a format that cannot be read among it, such as HEIC and BMP, the exit code is 2 as well.
The images themselves are never replaced. Other files that hmsa segment did not write are replaced only with --overwrite.

- reads one image from standard input; its files are called stdin. --stdout writes one file, of the first kind in --save
(default: labels), to standard output and nothing else.

Examples:
  hmsa segment street.jpg
  hmsa segment photos/ street.jpg --model out/model.safetensors --out labelled --save labels,legend,attention
  hmsa segment 'photos/**/*.jpg' --out labelled --skip-existing --json
  curl -s https://example.org/street.jpg | hmsa segment - --stdout --save overlay > overlay.png`;

export function segmentCommand(): Command {
  const command = new Command('segment')
    .description('Label every pixel of images, or of all images in folders.')
    .argument(
      '<IMAGE|FOLDER|PATTERN...>',
      'PNG, JPEG, WebP, TIFF, AVIF or GIF files, folders of them, patterns such as "photos/**/*.jpg", or -',
    )
    .option('--out <DIR>', 'where the files go (default: beside each image)')
    .option(
      '--save <LIST>',
      `files to write, of ${pictureKinds.join(',')} (default: labels,overlay)`,
      pictureList,
    )
    .option('--overwrite', 'also replace files that hmsa segment did not write')
    .option('--skip-existing', 'skip images whose files are there, whatever model made them')
    .option('--flip', 'average with the mirror image, which takes twice the time')
    .option(
      '--adaptive [POINTS]',
      'compute the highest scale only where the lower ones leave doubt; points of mean IoU that may be lost (default: as calibrated by hmsa calibrate)',
      points,
    )
    .option(
      '--batch <N>',
      'compute up to N images at once that the network sees at one size; on a CPU each takes the same time, but more files are read and written at once (default: 1)',
      positiveNumber,
    )
    .addOption(
      new Option(
        '--precision <NAME>',
        'numbers in which the network is computed; float16 needs a GPU (--device webgpu or cuda) (default: float32)',
      ).choices(precisions),
    )
    .option('--stdout', 'write one file of one image to standard output')
    .option(
      '--memory <SIZE>',
      'memory that an image may take, such as 2GB; larger ones are labelled in tiles, the largest row by row (default: 80% of the machine)',
      (text) => parseBytes(text, '--memory'),
    )
    .option(
      '--pyramid',
      'write color and overlay as tiled TIFF with smaller versions, which viewers of large images open at once (NAME.overlay.tif)',
    )
    .option(
      '--safe-colors',
      'classes in colours that colour-blind people tell apart, in all pictures and the palette of labels',
    )
    .option('--json', 'print what was found and written as JSON')
    .addHelpText('after', help);
  return addModelOptions(command).action(run);
}

async function run(inputs: string[], flags: SegmentFlags): Promise<void> {
  const kind = flags.stdout ? kindForStdout(inputs, flags) : undefined;
  if (flags.device !== 'wasm') startSessionAhead();
  const segmenter = await loadModel(flags.model, {
    ...sessionOptions(flags),
    ...(flags.memory === undefined ? {} : { memoryLimit: flags.memory }),
    ...(flags.precision && { precision: flags.precision }),
  });
  const say = (line: string) => process.stderr.write(`hmsa: ${line}\n`);
  try {
    for (const warning of warnings(segmenter, flags)) say(`warning: ${warning}`);
    if (kind === undefined) return await toFiles(segmenter, inputs, flags, say);
    const progress = new Progress('Segmenting', flags.quiet ?? false);
    const notes = await interruptible((signal) =>
      segmentToStdout(
        segmenter,
        inputs[0]!,
        kind,
        {
          ...predictionOptions(flags),
          flip: flags.flip ?? false,
          ...(flags.adaptive !== undefined && { adaptive: flags.adaptive }),
          safeColors: flags.safeColors ?? false,
          signal,
        },
        (share, tiles) => progress.update(share, 1, tileText(inputs[0]!, tiles)),
      ),
    ).finally(() => progress.end());
    if (!flags.quiet) for (const note of notes) say(note);
  } finally {
    await segmenter.dispose();
  }
}

/** From so many times on, more memory makes a clear difference. */
const OFTEN = 3;

function tileText(file: string, { done, total, times }: TileCount): string {
  const more =
    times < OFTEN ? '' : `, each pixel computed ${Math.round(times)} times (more --memory is faster)`;
  return `${printable(file)}, tile ${done} of ${total}${more}`;
}

/** What the wanted pictures will not show. */
function* warnings({ model: { classes, config } }: LoadedModel, flags: SegmentFlags): Generator<string> {
  const alike = flags.safeColors ? undefined : equalColors(classes);
  if (alike !== undefined) yield `the classes ${alike}, so pictures do not distinguish them`;
  const { combine = 'hierarchical', scales = config.scales } = predictionOptions(flags);
  const weighs = config.attention.name !== 'none' && combine === 'hierarchical' && scales.length > 1;
  if (flags.save?.includes('attention') && !weighs)
    yield 'no attention maps: they need a model with attention, two scales or more, and --combine hierarchical';
}

/** What goes to standard output. @throws HmsaError when the other options do not fit */
function kindForStdout(inputs: readonly string[], flags: SegmentFlags): SingleKind {
  const { save = ['labels'], out, json, overwrite, skipExisting, pyramid } = flags;
  const refuse = (received: string, expected = 'no other place or form of results'): never => {
    throw new HmsaError({ operation: '--stdout', expected, received });
  };
  if (out !== undefined) refuse('--out');
  if (json) refuse('--json');
  if (overwrite) refuse('--overwrite');
  if (skipExisting) refuse('--skip-existing');
  if (pyramid) refuse('--pyramid');
  if (inputs.length !== 1) refuse(`${inputs.length} of them`, 'one image');
  const [kind] = save;
  if (save.length === 1 && kind !== 'attention' && kind !== 'scales' && kind !== 'figure') return kind!;
  return refuse(save.join(','), 'one kind in --save that is one file, such as labels or overlay');
}

async function toFiles(
  segmenter: LoadedModel,
  inputs: string[],
  flags: SegmentFlags,
  say: (line: string) => void,
): Promise<void> {
  const { out, save, overwrite = false, skipExisting = false, flip = false, pyramid = false } = flags;
  const { safeColors = false } = flags;
  const { quiet = false, json = false } = flags;
  const progress = new Progress('Segmenting', quiet);
  const { imageSize } = segmenter.model;
  const done: LabelledFile[] = [];
  const skipped: SkippedFile[] = [];
  const failed: FailedFile[] = [];
  let leftOut: readonly LeftOutFile[] = [];
  let isReductionSaid = quiet;
  try {
    await interruptible((signal) =>
      segmentFiles(segmenter, inputs, {
        ...predictionOptions(flags),
        signal,
        overwrite,
        skipExisting,
        flip,
        ...(flags.adaptive !== undefined && { adaptive: flags.adaptive }),
        stdin: process.stdin,
        pyramid,
        safeColors,
        ...(out === undefined ? {} : { out }),
        ...(save === undefined ? {} : { save }),
        ...(flags.batch !== undefined && { batch: flags.batch }),
        onFound: (_, found) => {
          leftOut = found;
          if (found.length > 0) say(leftOutLine(found));
        },
        onImage: (result, count, total) => {
          progress.end();
          if ('message' in result) {
            failed.push(result);
            say(result.message);
          } else if ('existing' in result) {
            skipped.push(result);
          } else {
            done.push(result);
            const note = isReductionSaid ? undefined : reductionNote(result, flags.maxSide, imageSize);
            if (note !== undefined) say(note);
            isReductionSaid ||= note !== undefined;
            const notes = notesLine(result);
            if (notes !== undefined && !quiet) say(notes);
          }
          // Printed at once, so that an interruption does not hide what was written.
          if (!json) process.stdout.write(resultLines(result));
          progress.update(count, total);
        },
        onProgress: (count, total, { file, tiles }) => progress.update(count, total, tileText(file, tiles)),
      }),
    ).finally(() => progress.end());
  } finally {
    if (json && done.length + skipped.length + failed.length + leftOut.length > 0) {
      process.stdout.write(`${JSON.stringify({ done, skipped, failed, leftOut }, null, 2)}\n`);
    }
  }
  if (skipped.length > 0 && !quiet) say(`${skipped.length} skipped, whose files are there`);
  if (failed.length === 0) {
    if (leftOut.some(({ isUnreadable }) => isUnreadable)) process.exitCode = ExitCode.SOME_FAILED;
    return;
  }
  const inPart = failed.filter(({ written }) => written.length > 0).length;
  const counts = [
    `${done.length} labelled`,
    ...(inPart > 0 ? [`${inPart} in part`] : []),
    ...(inPart < failed.length ? [`${failed.length - inPart} failed`] : []),
  ];
  // For one image, its own line is enough.
  if (done.length + skipped.length + failed.length > 1) say(counts.join(', '));
  const isSomeDone = done.length + skipped.length + inPart > 0;
  process.exitCode = isSomeDone ? ExitCode.SOME_FAILED : ExitCode.ERROR;
}

function pictureList(text: string): PictureKind[] {
  return text.split(',').map((part) => {
    const kind = pictureKinds.find((known) => known === part.trim());
    if (kind === undefined) throw new InvalidArgumentError(suggest(part.trim(), pictureKinds));
    return kind;
  });
}
