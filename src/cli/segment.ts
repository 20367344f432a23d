import { Command, InvalidArgumentError } from 'commander';
import { printable, suggest } from '../errors/index.js';
import { loadModel, type PictureKind, pictureKinds, segmentFiles } from '../node/index.js';
import { addModelOptions, type ModelFlags, sessionOptions } from './model-options.js';
import { positiveNumber } from './numbers.js';
import { Progress } from './progress.js';
import { ExitCode, interruptible } from './run.js';

interface SegmentFlags extends ModelFlags {
  readonly out?: string;
  readonly save?: PictureKind[];
  readonly maxSide?: number;
  readonly json?: boolean;
}

const help = `
Writes NAME.labels.png (8-bit train ids, the size of the image) and NAME.overlay.png beside each image, or into
--out. A file that cannot be labelled is listed and the rest go on: exit code 2. The shipped model has learned from
photographs of 480x360 pixels: give those of a camera or a phone --max-side 640 or so.

Examples:
  hmsa segment street.jpg
  hmsa segment phone.jpg --max-side 640
  hmsa segment photos/ street.jpg --model out/model.safetensors --out labelled --save labels,overlay,attention`;

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
    .option(
      '--max-side <PIXELS>',
      'reduce larger images to this on their longer side to label them; the pictures keep their size',
      positiveNumber,
    )
    .option('--json', 'print what was written as JSON')
    .addHelpText('after', help);
  return addModelOptions(command).action(run);
}

async function run(inputs: string[], flags: SegmentFlags): Promise<void> {
  const { scales, combine, out, save, maxSide, quiet = false, json = false } = flags;
  const progress = new Progress('Segmenting', quiet);
  const segmenter = await loadModel(flags.model, sessionOptions(flags));
  try {
    const report = await interruptible((signal) =>
      segmentFiles(segmenter, inputs, {
        combine,
        signal,
        ...(scales === undefined ? {} : { scales }),
        ...(out === undefined ? {} : { out }),
        ...(save === undefined ? {} : { save }),
        ...(maxSide === undefined ? {} : { maxSide }),
        onImage: (result, done, total) => {
          progress.end();
          // Told as it happens, so that what was written before an interruption is known.
          if ('message' in result) process.stderr.write(`hmsa: ${result.message}\n`);
          else if (!json)
            process.stdout.write(result.written.map((path) => `${printable(path, 4096)}\n`).join(''));
          progress.update(done, total);
        },
      }),
    ).finally(() => progress.end());
    if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    const { done, failed } = report;
    if (failed.length === 0) return;
    process.stderr.write(`hmsa: ${done.length} labelled, ${failed.length} failed\n`);
    process.exitCode = done.length === 0 ? ExitCode.ERROR : ExitCode.SOME_FAILED;
  } finally {
    await segmenter.dispose();
  }
}

function pictureList(text: string): PictureKind[] {
  return text.split(',').map((part) => {
    const kind = pictureKinds.find((known) => known === part.trim());
    if (kind === undefined) throw new InvalidArgumentError(suggest(part.trim(), pictureKinds));
    return kind;
  });
}
