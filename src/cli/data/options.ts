import type { Command } from 'commander';
import { HmsaError } from '../../base/errors/index.js';
import { datasetKinds, type OpenOptions } from '../../node/index.js';
import { wholeNumber } from '../numbers.js';

/** The options that choose a part of a data set. */
export interface DataOptions {
  readonly split?: string;
  readonly groups?: string[];
  readonly classes?: string;
  readonly seed?: number;
  readonly followLinks?: boolean;
}

export function addDataOptions(command: Command, { withSeed = true } = {}): Command {
  command
    .option(
      '--split <NAME>',
      'train, val, …; dev or dev-train (blocks held out of train); or a text file of names',
    )
    .option(
      '--groups <LIST>',
      'only these cities, videos or folders, by comma; !NAME for all but it',
      byComma,
    )
    .option('--classes <FILE>', 'classes of a folder or list: JSON, CSV or a name a line')
    .option('--follow-links', 'follow symbolic links that lead out of the folder');
  return withSeed ? command.option('--seed <N>', 'places the blocks of dev', wholeNumber) : command;
}

/** Adds the data set, as `--data` or as an argument. */
export function addDataSet(command: Command): Command {
  return command.argument('[KIND:PATH]', 'the same as --data').option('--data <KIND:PATH>', 'the data set');
}

/** @throws HmsaError when no data set is named, or two are */
export function dataSetOf(positional: string | undefined, { data }: { readonly data?: string }): string {
  const named = [...new Set([positional, data])].filter((spec) => spec !== undefined);
  if (named.length === 1) return named[0]!;
  throw new HmsaError({
    operation: '--data',
    expected: 'KIND:PATH, once',
    received: named.join(' and ') || 'nothing',
    remedy: 'Name the data set, such as --data camvid:data/camvid or folder:my-photos.',
  });
}

/** What a command's flags say of the data set; its other flags are left out. */
export function openOptions({ split, groups, classes, seed, followLinks }: DataOptions): OpenOptions {
  return {
    ...(split !== undefined && { split }),
    ...(groups !== undefined && { groups }),
    ...(classes !== undefined && { classes }),
    ...(followLinks !== undefined && { followLinks }),
    ...(seed !== undefined && { blocks: { seed } }),
  };
}

/** The kinds for `--help`, one on each line. */
export function kindHelp(): string {
  const width = Math.max(...datasetKinds.map(({ name }) => name.length));
  const lines = datasetKinds.map(({ name, layout }) => `  ${name.padEnd(width)}  ${layout}`);
  return `Kinds:\n${lines.join('\n')}`;
}

function byComma(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
