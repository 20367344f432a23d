import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { printable } from '../../base/errors/index.js';
import { writeSyntheticDataset } from '../../node/index.js';
import { parseSize } from '../../scenes/index.js';
import { positiveNumber, wholeNumber } from '../numbers.js';
import { Progress, quietFlag } from '../progress.js';
import { interruptible } from '../run.js';

interface SynthFlags {
  readonly out: string;
  readonly count: number;
  readonly size: { readonly width: number; readonly height: number };
  readonly seed: number;
  readonly splits: string[];
  readonly quiet?: boolean;
}

const help = `
Renders street scenes with the exact class of every pixel and writes them in Cityscapes' layout: photographs in
leftImg8bit/, label ids, train ids, colours and outlines in gtFine/. Equal options give equal files.

Examples:
  hmsa data synth --out scenes --count 200 --size 512x256 --seed 1
  hmsa data inspect cityscapes:scenes`;

export function synthCommand(): Command {
  return new Command('synth')
    .description('Write a data set of rendered street scenes.')
    .requiredOption('--out <DIR>', 'the folder to write into')
    .option('--count <N>', 'scenes in each split', positiveNumber, 100)
    .addOption(
      new Option('--size <WxH>', 'width and height in pixels')
        .argParser(size)
        .default({ width: 512, height: 256 }, '512x256'),
    )
    .option('--seed <N>', 'other seeds give other scenes', wholeNumber, 1)
    .addOption(
      new Option('--splits <LIST>', 'splits to write, by comma')
        .argParser(splitList)
        .default(['train', 'val'], 'train,val'),
    )
    .option(...quietFlag)
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help)
    .action(run);
}

async function run({
  out,
  count,
  size: { width, height },
  seed,
  splits,
  quiet = false,
}: SynthFlags): Promise<void> {
  const progress = new Progress('Rendering', quiet);
  await interruptible((signal) =>
    writeSyntheticDataset(out, {
      count,
      width,
      height,
      seed,
      splits,
      signal,
      onProgress: (done, total) => progress.update(done, total),
    }),
  ).finally(() => progress.end());
  const summary = `${splits.length * count} scenes of ${width}x${height} (${splits.join(', ')})`;
  process.stdout.write(
    `Wrote ${summary} to ${printable(join(out), 4096)}; use them as cityscapes:${printable(out, 4096)}\n`,
  );
}

function size(text: string): { width: number; height: number } {
  try {
    return parseSize(text);
  } catch {
    throw new InvalidArgumentError('WIDTHxHEIGHT is needed, such as 512x256.');
  }
}

function splitList(text: string): string[] {
  const splits = text.split(',').map((part) => part.trim());
  const allowed = ['train', 'val', 'test'];
  if (splits.some((split) => !allowed.includes(split))) {
    throw new InvalidArgumentError(`Some of ${allowed.join(', ')} are needed.`);
  }
  return splits;
}
