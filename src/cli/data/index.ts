import { Command } from 'commander';
import { inspectCommand } from './inspect.js';
import { previewCommand } from './preview.js';
import { synthCommand } from './synth.js';

/** `hmsa data …`. Add a new subcommand as a line here. */
export function dataCommand(): Command {
  const command = new Command('data').description('Inspect, preview and generate data sets.');
  for (const subcommand of [inspectCommand(), previewCommand(), synthCommand()])
    command.addCommand(subcommand);
  return command;
}
