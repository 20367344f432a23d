import { Command, InvalidArgumentError, Option } from 'commander';
import { printable } from '../../base/errors/index.js';
import type { SamplingMode } from '../../data/index.js';
import {
  type AugmentPresetName,
  augmentPresetNames,
  openPreviewData,
  writePreview,
} from '../../node/index.js';
import { parseSize } from '../../scenes/index.js';
import { positiveNumber } from '../numbers.js';
import { ExitCode, interruptible } from '../run.js';
import { table } from '../table.js';
import { checkFirstSet, collect, furtherSetsHelp, parseFurtherSet } from './further-sets.js';
import { addDataOptions, type DataOptions, dataSetOf, kindHelp, openOptions } from './options.js';

interface PreviewFlags extends DataOptions {
  readonly data?: string[];
  readonly out: string;
  readonly augment: AugmentPresetName;
  readonly crop?: { readonly width: number; readonly height: number };
  readonly count: number;
  readonly sampling: SamplingMode;
  readonly skipBad?: boolean;
}

const help = `
Writes what training would see: sheets of augmented samples, each as photograph, labels and both blended, and prints
the classes of each. Default: the split train. --seed determines the blocks of dev and the augmentation.

${kindHelp()}

${furtherSetsHelp}

Examples:
  hmsa data preview --data camvid:data/camvid --out preview
  hmsa data preview --data synthetic:size=512x256 --out preview --augment paper --crop 256x256 --sampling class-uniform`;

export function previewCommand(): Command {
  const command = new Command('preview')
    .argument('[KIND:PATH]', 'the same as --data')
    .option('--data <KIND:PATH>', 'the data set; several, each with a share: --data A --data B@0.5', collect)
    .description('Write pictures of augmented samples with their labels.')
    .requiredOption('--out <DIR>', 'the folder to write into')
    .addOption(
      new Option('--augment <NAME>', 'the set of augmentations').choices(augmentPresetNames).default('paper'),
    )
    .option('--crop <WxH>', "size of the crops (default: the first sample's, 512x256 at most)", size)
    .option('--count <N>', 'number of samples', positiveNumber, 8)
    .addOption(
      new Option('--sampling <NAME>', 'how samples are drawn')
        .choices(['sequential', 'shuffled', 'class-uniform'])
        .default('shuffled'),
    )
    .option('--skip-bad', 'leave out files that cannot be read or used, and list them (exit code 2)')
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help);
  return addDataOptions(command).action(run);
}

async function run(positional: string | undefined, flags: PreviewFlags): Promise<void> {
  const { out, augment: preset, crop, count: samples, sampling, skipBad = false, seed = 0 } = flags;
  const { preview, warnings, leftOut } = await interruptible(async (signal) => {
    const [first, ...others] = flags.data ?? [];
    const spec = dataSetOf(positional, { ...(first !== undefined && { data: first }) });
    if (others.length > 0) await checkFirstSet(spec);
    const moreData = await Promise.all(others.map(parseFurtherSet));
    const { dataset, taken, ...found } = await openPreviewData(spec, openOptions(flags), {
      skipBad,
      signal,
      ...(moreData.length > 0 && { moreData }),
    });
    process.stderr.write(`${taken}\n`);
    const options = { preset, count: samples, sampling, seed, skipBad, signal, ...(crop && { crop }) };
    return { ...found, preview: await writePreview(dataset, out, options) };
  });
  for (const sheet of new Set(preview.samples.map((sample) => sample.sheet))) {
    process.stdout.write(`${printable(sheet, 4096)}\n`);
    const rows = preview.samples
      .filter((sample) => sample.sheet === sheet)
      .map(({ id, classes }) => [
        `  ${printable(id)}`,
        classes.map((name) => printable(name)).join(', ') || 'void only',
      ]);
    process.stdout.write(`${table(rows, 'll').join('\n')}\n`);
  }
  if (preview.absent.length > 0) {
    const absent = preview.absent.map((name) => printable(name)).join(', ');
    process.stdout.write(`Classes that never occur, so that no crop is centred on them: ${absent}\n`);
  }
  for (const warning of warnings) process.stderr.write(`hmsa: warning: ${printable(warning, 4096)}\n`);
  const skipped = [...leftOut, ...preview.skipped.map(({ message }) => message)];
  for (const message of skipped) process.stderr.write(`hmsa: left out: ${printable(message, 4096)}\n`);
  process.exitCode = skipped.length === 0 ? ExitCode.DONE : ExitCode.SOME_FAILED;
}

function size(text: string): { width: number; height: number } {
  try {
    return parseSize(text);
  } catch {
    throw new InvalidArgumentError('WIDTHxHEIGHT is needed, such as 512x256.');
  }
}
