import { Command, CommanderError } from 'commander';
import { printable, program as programName } from '../base/errors/index.js';
import { version } from '../node/index.js';
import { calibrateCommand } from './calibrate.js';
import { compareCommand } from './compare.js';
import { dataCommand } from './data/index.js';
import { demoCommand } from './demo/index.js';
import { refuseEmptyTexts } from './empty-texts.js';
import { evaluateCommand } from './evaluate.js';
import { exportCommand } from './export.js';
import { importCommand } from './import.js';
import { infoCommand } from './info.js';
import { quantizeCommand } from './quantize.js';
import { reportCommand } from './report.js';
import { report } from './run.js';
import { segmentCommand } from './segment.js';
import { serveCommand } from './serve.js';
import { submissionCommand } from './submission.js';
import { trainCommand } from './train.js';

/** One entry for each command. Add a new one as a line here. */
const commands = [
  demoCommand(),
  trainCommand(),
  evaluateCommand(),
  compareCommand(),
  reportCommand(),
  segmentCommand(),
  serveCommand(),
  submissionCommand(),
  quantizeCommand(),
  calibrateCommand(),
  exportCommand(),
  importCommand(),
  dataCommand(),
  infoCommand(),
];

const program = new Command('hmsa')
  .description('Label every pixel of an image: train, evaluate and run hierarchical multi-scale attention.')
  .version(version)
  .showSuggestionAfterError()
  .hook('preAction', (_, command) => refuseEmptyTexts(command));
for (const command of commands) program.addCommand(command);
prepare(program);

/**
 * Prints mistakes on the command line like all other errors: one line that begins with the name of the program. They end
 * the command, and not the process.
 */
function prepare(command: Command): void {
  command.exitOverride().configureOutput({
    // In printed help, examples begin with a command that can be copied.
    writeOut: (text) => process.stdout.write(text.replace(/^ {2}hmsa (?=\S)/gm, `  ${programName} `)),
    outputError: (text, write) =>
      write(
        `${printable(
          text
            .trim()
            .replace(/^error: /, 'hmsa: ')
            .replace(/\s*\n/g, '. '),
          1000,
        )}\n`,
      ),
  });
  for (const inner of command.commands) prepare(inner);
}

/**
 * Runs a command line. Results go to stdout, progress and errors to stderr, the exit code to `process.exitCode`.
 *
 * @param args without the name of the program
 */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander throws after it has printed its errors, and also after help and version.
    if (error instanceof CommanderError) process.exitCode = error.exitCode;
    else process.exitCode = report(error, { debug: args.includes('--debug') });
  }
}

/** Runs the command line of this process. */
export async function main(): Promise<void> {
  const args = process.argv.slice(2);
  /** An error that nothing caught ends the process, also with one line. */
  const fail = (error: unknown) => process.exit(report(error, { debug: args.includes('--debug') }));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);

  // A reader that stops (`hmsa … | head`) or a closed terminal is no reason to end before the work is done and saved. A
  // full disk under the results is one. Errors on stderr cannot be reported anywhere.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') fail(error);
  });
  process.stderr.on('error', () => {});
  await run(args);
}
