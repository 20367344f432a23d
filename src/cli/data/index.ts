import { Command } from 'commander';
import { inspectCommand } from './inspect.js';
import { previewCommand } from './preview.js';
import { synthCommand } from './synth.js';

/** `hmsa data …`; a new subcommand is a line here. */
export function dataCommand(): Command {
  const command = new Command('data').description('Look at data sets and make them.');
  for (const subcommand of [inspectCommand(), previewCommand(), synthCommand()])
    command.addCommand(subcommand);
  return command;
}
