import type { Command } from 'commander';
import { datasetKinds, type OpenOptions } from '../../node/index.js';
import { wholeNumber } from '../numbers.js';

/** The options that say which part of a data set is meant. */
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

export function openOptions({ seed, ...options }: DataOptions): OpenOptions {
  return { ...options, ...(seed !== undefined && { blocks: { seed } }) };
}

/** The kinds for `--help`, one a line. */
export function kindHelp(): string {
  const width = Math.max(...datasetKinds.map(({ name }) => name.length));
  const lines = datasetKinds.map(({ name, layout }) => `  ${name.padEnd(width)}  ${layout}`);
  return `Kinds:\n${lines.join('\n')}`;
}

function byComma(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
