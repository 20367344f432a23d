import { Command } from 'commander';
import { inspectCommand } from './inspect.js';

/** `hmsa data …`; a new subcommand is a line here. */
export function dataCommand(): Command {
  const command = new Command('data').description('Look at data sets and make them.');
  for (const subcommand of [inspectCommand()]) command.addCommand(subcommand);
  return command;
}
