import { Command } from 'commander';
import { autolabelCommand } from './autolabel.js';
import { inspectCommand } from './inspect.js';
import { previewCommand } from './preview.js';
import { synthCommand } from './synth.js';

/** `hmsa data …`. Add a new subcommand as a line here. */
export function dataCommand(): Command {
  const command = new Command('data').description('Inspect, preview, label and generate data sets.');
  for (const subcommand of [inspectCommand(), previewCommand(), autolabelCommand(), synthCommand()])
    command.addCommand(subcommand);
  return command;
}
