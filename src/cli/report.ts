import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Command } from 'commander';
import { counted, HmsaError, printable } from '../base/errors/index.js';
import {
  type MadeReport,
  makeReport,
  writeFigures,
  writeFileAtomic,
  writeJsonAtomic,
} from '../node/index.js';
import { checkRunFolder } from '../node/report/read-run.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './data/options.js';
import {
  addPredictionOptions,
  type PredictionFlags,
  predictionOptions,
  sessionOptions,
} from './model-options.js';
import { wholeNumber } from './numbers.js';
import { Progress, sayData } from './progress.js';
import { compareReportCommand } from './report-compare.js';
import { checkResultFiles } from './result-file.js';
import { ExitCode, interruptible } from './run.js';
import { portNumber, type WatchFlag, watchHelp, watchUntilEnd } from './watch.js';

interface ReportFlags extends PredictionFlags, DataOptions {
  readonly data?: string;
  readonly out?: string;
  readonly images?: number;
  readonly safeColors?: boolean;
  readonly figures?: string;
  readonly json?: string;
  readonly skipBad?: boolean;
  readonly watch?: WatchFlag;
}

const help = `
SOURCE is one of
  the folder of a run (hmsa train): curves of its training, and its model on the data that the run was scored on
  the JSON of hmsa evaluate --json: its scores
  a model file, with --data; without SOURCE the shipped model

The page needs no network. It shows the scores of each class, what is confused, how well the model knows when it is right, what
each scale contributes, the worst and the median images, and where everything came from. What cannot be shown is listed with
the way to get it.

${kindHelp()}

Examples:
  hmsa report out/train
  hmsa report out/model.safetensors --data camvid:data/camvid --out report.html --figures figures
  hmsa report evaluation.json
  hmsa report out/train --watch
  hmsa report compare out/a out/b --data camvid:data/camvid`;

export function reportCommand(): Command {
  const command = new Command('report')
    .description('Show a run, an evaluation or a model as one HTML page.')
    .argument('[SOURCE]', 'the folder of a run, the JSON of an evaluation, or a model file')
    .option(
      '--data <KIND:PATH>',
      'labelled images to score the model on, or none (default: those of the run)',
    )
    .option(
      '--out <FILE>',
      'the page (default: report.html in the folder of the run; NAME.html beside NAME.json; report.html)',
    )
    .option('--images <N>', 'the most images to show (default: 40)', wholeNumber)
    .option('--safe-colors', 'classes in colours that colour-blind people tell apart')
    .option('--figures <DIR>', 'also write each chart as SVG and PNG')
    .option('--json <FILE>', 'also write the scores as JSON')
    .option(
      '--skip-bad',
      'leave out and list images that cannot be read or scored (exit code 2), instead of failing',
    )
    .option(
      '--watch [PORT]',
      `instead of a file, serve a page that follows the training of a run, until Ctrl-C: ${watchHelp}`,
      portNumber,
    )
    .addHelpText('after', help);
  addDataOptions(addPredictionOptions(command)).action(run);
  return command.addCommand(compareReportCommand());
}

async function run(source: string | undefined, flags: ReportFlags, command: Command): Promise<void> {
  const { data, images, safeColors, skipBad, json, figures, quiet = false } = flags;
  if (flags.watch !== undefined) {
    refuseBesideWatch(command);
    return watchUntilEnd(await runFolderOf(source), flags.watch);
  }
  const out = flags.out ?? (await defaultOut(source));
  await checkResultFiles(
    ['--out', out, 'page'],
    ['--json', json, 'evaluation'],
    // The chart that every report with scores has stands for all.
    ['--figures', figures === undefined ? undefined : join(figures, 'class-iou.svg'), 'chart'],
  );
  const { combine, ...others } = predictionOptions(flags);
  // A default says nothing about a run whose attention is not trained yet.
  const isAsked = command.getOptionValueSource('combine') === 'cli';
  const prediction = isAsked ? { combine, ...others } : others;
  const checking = new Progress('Checking', quiet);
  const progress = new Progress('Scoring', quiet);
  const made = await interruptible((signal) =>
    makeReport(
      {
        ...(source !== undefined && { source }),
        ...(data !== undefined && { data }),
        dataOptions: openOptions(flags),
        ...(images !== undefined && { images }),
        ...(safeColors && { safeColors }),
        ...(skipBad && { skipBad }),
        ...prediction,
        session: sessionOptions(flags),
      },
      {
        signal,
        onChecked: (done, total) => checking.update(done, total),
        onData(taken, warnings) {
          checking.end();
          sayData(quiet)(taken, warnings);
        },
        onProgress: (done, total) => progress.update(done, total),
      },
    ),
  ).finally(() => {
    checking.end();
    progress.end();
  });
  await write(made, out, { json, figures, quiet });
}

async function write(
  { html, scores, figures, leftOut, skipped }: MadeReport,
  out: string,
  to: { readonly json: string | undefined; readonly figures: string | undefined; readonly quiet: boolean },
): Promise<void> {
  await writeFileAtomic(out, html);
  if (to.json !== undefined && scores !== undefined) await writeJsonAtomic(to.json, scores);
  if (!to.quiet) {
    for (const { section, why } of leftOut)
      process.stderr.write(`hmsa: left out: ${section}. ${printable(why, 4096)}\n`);
    if (to.json !== undefined && scores === undefined)
      process.stderr.write('hmsa: no JSON was written, because there are no scores\n');
  }
  process.stdout.write(`${printable(out, 4096)}\n`);
  if (to.figures !== undefined) {
    for (const file of await writeFigures(figures, to.figures))
      process.stdout.write(`${printable(file, 4096)}\n`);
  }
  if (skipped.length === 0) return;
  for (const message of skipped) process.stderr.write(`hmsa: ${printable(message, 4096)}\n`);
  process.stderr.write(`hmsa: ${counted(skipped.length, 'image')} left out\n`);
  process.exitCode = ExitCode.SOME_FAILED;
}

/** What goes with `--watch`. */
const besideWatch: readonly string[] = ['watch', 'quiet', 'debug'];

/** @throws HmsaError for an option about a report, where a page is served in its place */
function refuseBesideWatch(command: Command): void {
  const given = command.options.find((option) => {
    const name = option.attributeName();
    return !besideWatch.includes(name) && command.getOptionValueSource(name) === 'cli';
  });
  if (given === undefined) return;
  throw new HmsaError({
    operation: '--watch',
    expected: 'it alone, because it serves the curves of a run in place of a report',
    received: given.long ?? given.flags,
    remedy: 'Leave one of them out.',
  });
}

/** @throws HmsaError when the source is not the folder of a run */
async function runFolderOf(source: string | undefined): Promise<string> {
  if (source !== undefined) {
    await checkRunFolder(source);
    return source;
  }
  throw new HmsaError({
    operation: '--watch',
    expected: 'the folder of a run',
    received: 'nothing',
    remedy: 'Name it: hmsa report out/train --watch.',
  });
}

/** Beside what is reported on, so that two reports do not meet in one file. */
async function defaultOut(source: string | undefined): Promise<string> {
  if (source === undefined || /\.safetensors$/i.test(source)) return 'report.html';
  if (/\.json$/i.test(source)) return join(dirname(source), `${basename(source).slice(0, -5)}.html`);
  const isFile = await stat(source).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? 'report.html' : join(source, 'report.html');
}
