import { Command, CommanderError } from 'commander';
import { printable, program as programName } from '../base/errors/index.js';
import { explainStdout, withLocalPaths } from '../node/files/index.js';
import { version } from '../node/version.js';
import { refuseEmptyTexts } from './empty-texts.js';
import { report } from './run.js';

/**
 * One entry for each command, in the order of the help. Add a new one as a line here. What a command needs is loaded when it is
 * called: all of them take longer to load than a small photograph takes to be labelled.
 */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./demo/index.js')).demoCommand(),
  train: async () => (await import('./train.js')).trainCommand(),
  evaluate: async () => (await import('./evaluate.js')).evaluateCommand(),
  compare: async () => (await import('./compare.js')).compareCommand(),
  report: async () => (await import('./report.js')).reportCommand(),
  segment: async () => (await import('./segment.js')).segmentCommand(),
  serve: async () => (await import('./serve.js')).serveCommand(),
  submission: async () => (await import('./submission.js')).submissionCommand(),
  quantize: async () => (await import('./quantize.js')).quantizeCommand(),
  calibrate: async () => (await import('./calibrate.js')).calibrateCommand(),
  export: async () => (await import('./export.js')).exportCommand(),
  import: async () => (await import('./import.js')).importCommand(),
  data: async () => (await import('./data/index.js')).dataCommand(),
  info: async () => (await import('./info.js')).infoCommand(),
};

/** The program with the commands that a command line needs: the one that it names, or all, for help and for what is misspelt. */
async function programFor([first = '']: readonly string[]): Promise<Command> {
  const program = new Command('hmsa')
    .description('Label every pixel of an image: train, evaluate and run hierarchical multi-scale attention.')
    .version(version)
    .showSuggestionAfterError()
    .hook('preAction', (_, command) => refuseEmptyTexts(command));
  const isVersion = first === '--version' || first === '-V';
  const needed = Object.hasOwn(commands, first)
    ? [commands[first]!]
    : isVersion
      ? []
      : Object.values(commands);
  for (const command of needed) program.addCommand(await command());
  prepare(program);
  return program;
}

/** Beginners leave `--data` out, or write the data set without it. */
const dataHint =
  'Name the data set as --data KIND:PATH, such as --data folder:my-photos or camvid:data/camvid.';

/**
 * Prints mistakes on the command line like all other errors: one line that begins with the name of the program. They end
 * the command, and not the process.
 */
function prepare(command: Command): void {
  const takesData = command.options.some(({ long }) => long === '--data');
  command.exitOverride().configureOutput({
    // In printed help, examples begin with a command that can be copied.
    writeOut: (text) => process.stdout.write(text.replace(/^ {2}hmsa (?=\S)/gm, `  ${programName} `)),
    outputError: (text, write) =>
      write(
        `${printable(
          text
            .trim()
            .replace(/^error: /, 'hmsa: ')
            .replace(/\s*\n/g, '. ')
            .replace(
              /((?:too many arguments for|required option '--data) .*?)\.?$/,
              takesData ? `$1. ${dataHint}` : '$&',
            ),
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
    const local = withLocalPaths(args);
    await (await programFor(local)).parseAsync(local, { from: 'user' });
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
    if (error.code !== 'EPIPE' && error.code !== 'EIO') fail(explainStdout(error));
  });
  process.stderr.on('error', () => {});
  await run(args);
}
