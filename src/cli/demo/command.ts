import { Command } from 'commander';
import { printable, program } from '../../base/errors/index.js';
import { readingOf } from '../../report/pages/index.js';
import { Progress, quietFlag } from '../progress.js';
import { ExitCode, Interrupted, interruptible } from '../run.js';
import { table } from '../table.js';
import { showingProgress } from '../training-progress.js';
import { type DemoReport, demo } from './demo.js';

interface DemoFlags {
  readonly out: string;
  readonly fast?: boolean;
  readonly quiet?: boolean;
}

const help = `
1. The shipped model labels street scenes that hmsa renders itself, and your images.
2. The three steps are trained on rendered scenes, which takes a few minutes.
3. Every scale alone and their combinations are scored on scenes that were not seen in training.
Pictures, results.json, model.safetensors and a page that shows them all go to --out. Ctrl-C saves, and the same command
resumes; after a finished demo it replaces the results. An image that cannot be labelled is listed, and the others are
labelled: exit code 2.

Examples:
  hmsa demo
  hmsa demo street.jpg photos/ --out out/demo
  hmsa demo --fast`;

export function demoCommand(): Command {
  return new Command('demo')
    .description('Show everything in a few minutes: label images, train, compare the scales, write pictures.')
    .argument('[IMAGE|FOLDER...]', 'images of your own to label, or folders of them')
    .option('--out <DIR>', 'the folder to write into', 'out/demo')
    .option('--fast', 'only label, with the shipped model: under a minute')
    .option(...quietFlag)
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help)
    .action(run);
}

const parts = {
  segmenting: 'Labelling rendered streets with the shipped model',
  training: 'Training the three steps on rendered streets; Ctrl-C saves, and the same command resumes',
  scoring: 'Scoring each scale and the combinations on unseen scenes',
};

async function run(images: string[], { out, fast = false, quiet = false }: DemoFlags): Promise<void> {
  let progress = new Progress('Labelling', quiet);
  const say = (text: string) => {
    progress.end();
    process.stderr.write(`${printable(text, 4096)}\n`);
  };
  try {
    const report = await interruptible((signal) => {
      const { end, ...hooks } = showingProgress(quiet, signal);
      return demo({
        out,
        images,
        fast,
        ...hooks,
        onPart(part) {
          if (!quiet) say(parts[part]);
        },
        onPage(path) {
          if (!quiet) say(`First pictures: ${path} (open it in a browser; the demo adds to it)`);
        },
        onImage(result, done, total) {
          if ('message' in result) say(`hmsa: ${result.message}`);
          progress.update(done, total);
        },
        onScoring(done, total) {
          // The time left counts from the first image on, because the work before it happens only once.
          if (done === 1) progress = new Progress('Scoring', quiet);
          else progress.update(done, total);
        },
      }).finally(end);
    }).finally(() => progress.end());
    conclude(report, fast);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.stderr.write('hmsa: interrupted and saved; the same command resumes\n');
    process.exitCode = error.exitCode;
  }
}

function conclude({ segmented, failed, results, files, shipped }: DemoReport, fast: boolean): void {
  const lines = [
    `${segmented.length} images labelled with ${shipped.name}`,
    ...(results.length > 0 ? ['', ...resultLines(results), '', ...readingOf(results)] : []),
    '',
    ...table(
      files.map(({ path, what }) => [printable(path, 4096), what]),
      'll',
    ),
    '',
    `Open ${printable(files[0]!.path, 4096)}, then try: ${program} segment PHOTO${fast ? `, or ${program} demo without --fast to train` : ''}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (failed.length === 0) return;
  process.stderr.write(`hmsa: ${segmented.length} labelled, ${failed.length} failed\n`);
  process.exitCode = ExitCode.SOME_FAILED;
}

function resultLines(results: DemoReport['results']): string[] {
  const percent = (value: number) => (100 * value).toFixed(1);
  const rows = results.map(({ name, meanIoU, pixelAccuracy }) => [
    name,
    percent(meanIoU),
    percent(pixelAccuracy),
  ]);
  return table([['on unseen scenes', 'mIoU %', 'pixels %'], ...rows], 'lrr');
}
