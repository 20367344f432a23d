import { Command, InvalidArgumentError } from 'commander';
import { printable, suggest } from '../base/errors/index.js';
import {
  type ClassShare,
  type FailedFile,
  type LabelledFile,
  type LeftOutFile,
  loadModel,
  type PictureKind,
  pictureKinds,
  segmentFiles,
} from '../node/index.js';
import { parseBytes } from '../training/bytes.js';
import { equalColors } from './equal-colors.js';
import { addModelOptions, type ModelFlags, predictionOptions, sessionOptions } from './model-options.js';
import { Progress } from './progress.js';
import { ExitCode, interruptible } from './run.js';

interface SegmentFlags extends ModelFlags {
  readonly out?: string;
  readonly save?: PictureKind[];
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly memory?: number;
  readonly pyramid?: boolean;
}

const help = `
Prints the classes of each image with their shares of the pixels, and writes next to it, or into --out:
  NAME.labels.png       8-bit train ids, as indices of a palette of the classes' colours
  NAME.color.png        the same as RGB
  NAME.overlay.png      the colours over the photograph
  NAME.legend.png       the overlay, with the names of the colours below it
  NAME.attention@S.png  how much scale S is trusted; with --save legend, above a bar that explains its colours
  NAME.labels@S.png, NAME.color@S.png (--save scales)  the labels of scale S alone

A file that cannot be labelled is listed, and the others are labelled: exit code 2. The images themselves are never
replaced. Other files that hmsa segment did not write are replaced only with --overwrite.

Examples:
  hmsa segment street.jpg
  hmsa segment photos/ street.jpg --model out/model.safetensors --out labelled --save labels,legend,attention`;

export function segmentCommand(): Command {
  const command = new Command('segment')
    .description('Label every pixel of images, or of all images in folders.')
    .argument('<IMAGE|FOLDER...>', 'PNG, JPEG, WebP, TIFF, AVIF or GIF files, or folders of them')
    .option('--out <DIR>', 'where the pictures go (default: beside each image)')
    .option(
      '--save <LIST>',
      `pictures to write, of ${pictureKinds.join(',')} (default: labels,overlay)`,
      pictureList,
    )
    .option('--overwrite', 'also replace files that hmsa segment did not write')
    .option(
      '--memory <SIZE>',
      'memory that an image may take, such as 2GB; larger ones are labelled in tiles, the largest row by row (default: 80% of the machine)',
      (text) => parseBytes(text, '--memory'),
    )
    .option(
      '--pyramid',
      'write color and overlay of images too large for the memory as tiled TIFF with smaller versions (NAME.overlay.tif)',
    )
    .option('--json', 'print what was found and written as JSON')
    .addHelpText('after', help);
  return addModelOptions(command).action(run);
}

async function run(inputs: string[], flags: SegmentFlags): Promise<void> {
  const { out, save, overwrite = false, pyramid = false, quiet = false, json = false } = flags;
  const progress = new Progress('Segmenting', quiet);
  const segmenter = await loadModel(flags.model, {
    ...sessionOptions(flags),
    ...(flags.memory === undefined ? {} : { memoryLimit: flags.memory }),
  });
  const { imageSize, classes } = segmenter.model;
  const done: LabelledFile[] = [];
  const failed: FailedFile[] = [];
  let leftOut: readonly LeftOutFile[] = [];
  const say = (line: string) => process.stderr.write(`hmsa: ${line}\n`);
  const alike = equalColors(classes);
  if (alike !== undefined && !quiet)
    say(`warning: the classes ${alike}, so pictures do not distinguish them`);
  const { combine = 'hierarchical', scales = segmenter.model.config.scales } = predictionOptions(flags);
  const weighs =
    segmenter.model.config.attention.name !== 'none' && combine === 'hierarchical' && scales.length > 1;
  if (save?.includes('attention') && !weighs && !quiet)
    say(
      'warning: no attention maps: they need a model with attention, two scales or more, and --combine hierarchical',
    );
  let isReductionSaid = quiet;
  try {
    await interruptible((signal) =>
      segmentFiles(segmenter, inputs, {
        ...predictionOptions(flags),
        signal,
        overwrite,
        pyramid,
        ...(out === undefined ? {} : { out }),
        ...(save === undefined ? {} : { save }),
        onFound: (_, found) => {
          leftOut = found;
          if (found.length > 0) say(leftOutLine(found));
        },
        onImage: (result, count, total) => {
          progress.end();
          if ('message' in result) {
            failed.push(result);
            say(result.message);
          } else {
            done.push(result);
            const note = isReductionSaid ? undefined : reductionNote(result, flags, imageSize);
            if (note !== undefined) say(note);
            isReductionSaid ||= note !== undefined;
          }
          // Printed at once, so that an interruption does not hide what was written.
          if (!json) process.stdout.write(resultLines(result));
          progress.update(count, total);
        },
        onProgress: (count, total) => progress.update(Math.round(count * 1000) / 1000, total),
      }),
    ).finally(() => progress.end());
  } finally {
    if (json && done.length + failed.length + leftOut.length > 0) {
      process.stdout.write(`${JSON.stringify({ done, failed, leftOut }, null, 2)}\n`);
    }
    await segmenter.dispose();
  }
  if (failed.length === 0) return;
  // For one image, its own line is enough.
  if (done.length + failed.length > 1) say(`${done.length} labelled, ${failed.length} failed`);
  process.exitCode = done.length === 0 ? ExitCode.ERROR : ExitCode.SOME_FAILED;
}

/** Printed once, for the first image to which it applies. */
function reductionNote(
  { file, width, height, seen }: LabelledFile,
  { maxSide }: SegmentFlags,
  trained: { readonly width: number; readonly height: number } | undefined,
): string | undefined {
  const name = printable(file);
  if (maxSide === undefined && trained === undefined) {
    return (
      `${name}: labelled at its full size, ${width}×${height}, because the model does not record the size of its training ` +
      'photographs; --max-side reduces larger images'
    );
  }
  if (seen.width === width && seen.height === height) return undefined;
  const why =
    maxSide === undefined
      ? `the model was trained on photographs of ${trained!.width}×${trained!.height}; --max-side none does not reduce`
      : `--max-side ${maxSide}`;
  return `${name}: ${width}×${height}, reduced to ${seen.width}×${seen.height} for the network, as are all larger images (${why})`;
}

/** The most left-out files that are named. */
const NAMED = 5;

function leftOutLine(files: readonly LeftOutFile[]): string {
  const names = files.slice(0, NAMED).map(({ file, reason }) => `${printable(file)} is ${reason}`);
  const more = files.length > NAMED ? `; and ${files.length - NAMED} more` : '';
  return `${files.length} ${files.length === 1 ? 'file' : 'files'} left out: ${names.join('; ')}${more}`;
}

/** A line about the image, and a line for each of its pictures. */
function resultLines(result: LabelledFile | FailedFile): string {
  const lines = result.written.map((path) => printable(path, 4096));
  if ('classes' in result) lines.unshift(`${printable(result.file)}: ${sharesText(result.classes)}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** The most classes that a line names. */
const LISTED = 8;

/** `road 43.1%, building 22.0%, … and 4 more 3.2%` */
function sharesText(classes: readonly ClassShare[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const listed = classes.length <= LISTED + 1 ? classes : classes.slice(0, LISTED);
  const rest = classes.slice(listed.length);
  const texts = listed.map(({ name, share }) => `${printable(name, 60)} ${percent(share)}`);
  if (rest.length > 0) {
    texts.push(`${rest.length} more ${percent(rest.reduce((sum, { share }) => sum + share, 0))}`);
  }
  return texts.join(', ') || 'no class';
}

function pictureList(text: string): PictureKind[] {
  return text.split(',').map((part) => {
    const kind = pictureKinds.find((known) => known === part.trim());
    if (kind === undefined) throw new InvalidArgumentError(suggest(part.trim(), pictureKinds));
    return kind;
  });
}
