import { Command, InvalidArgumentError, Option } from 'commander';
import { parseSize, type SamplingMode } from '../../data/index.js';
import { printable } from '../../errors/index.js';
import { type AugmentPresetName, augmentPresetNames, openDataset, writePreview } from '../../node/index.js';
import { ExitCode, interruptible } from '../run.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './options.js';

interface PreviewFlags extends DataOptions {
  readonly out: string;
  readonly augment: AugmentPresetName;
  readonly crop?: { readonly width: number; readonly height: number };
  readonly count: number;
  readonly sampling: SamplingMode;
  readonly skipBad?: boolean;
}

const help = `
Writes what training would see: sheets of augmented samples, each as photograph, labels and both blended, and says
which classes each one shows. --seed places the blocks of dev and draws the augmentation.

${kindHelp()}

Examples:
  hmsa data preview camvid:data/camvid --out preview
  hmsa data preview synthetic:size=512x256 --out preview --augment paper --crop 256x256 --sampling class-uniform`;

export function previewCommand(): Command {
  const command = new Command('preview')
    .description('Write pictures of augmented samples with their labels.')
    .argument('<KIND:PATH>', 'the data set')
    .requiredOption('--out <DIR>', 'the folder to write into')
    .addOption(
      new Option('--augment <NAME>', 'the set of augmentations').choices(augmentPresetNames).default('paper'),
    )
    .option('--crop <WxH>', "size of the crops (default: the first sample's, 512x256 at most)", size)
    .option('--count <N>', 'number of samples', count, 8)
    .addOption(
      new Option('--sampling <NAME>', 'how samples are drawn')
        .choices(['sequential', 'shuffled', 'class-uniform'])
        .default('shuffled'),
    )
    .option('--skip-bad', 'pass over files that cannot be read, and list them')
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help);
  return addDataOptions(command).action(run);
}

async function run(spec: string, flags: PreviewFlags): Promise<void> {
  const { out, augment: preset, crop, count: samples, sampling, skipBad = false, ...data } = flags;
  const dataset = await openDataset(spec, openOptions(data));
  const preview = await interruptible((signal) =>
    writePreview(dataset, out, {
      preset,
      ...(crop && { crop }),
      count: samples,
      sampling,
      seed: data.seed ?? 0,
      skipBad,
      signal,
    }),
  );
  for (const { sheet, id, classes } of preview.samples) {
    process.stdout.write(
      `${printable(sheet, 4096)}  ${printable(id)}  ${printable(classes.join(', '), 2000) || 'void only'}\n`,
    );
  }
  if (preview.absent.length > 0) {
    process.stdout.write(
      `Classes that no crop can be centred on, as they never occur: ${preview.absent.join(', ')}\n`,
    );
  }
  for (const { message } of preview.skipped) process.stderr.write(`skipped: ${printable(message, 4096)}\n`);
  process.exitCode = preview.skipped.length === 0 ? ExitCode.DONE : ExitCode.SOME_FAILED;
}

function size(text: string): { width: number; height: number } {
  try {
    return parseSize(text);
  } catch {
    throw new InvalidArgumentError('WIDTHxHEIGHT is needed, such as 512x256.');
  }
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('A whole number above 0 is needed.');
  return value;
}
