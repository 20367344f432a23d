import { Command } from 'commander';
import { type DemoReport, demo } from '../node/index.js';
import { Progress } from './progress.js';
import { ExitCode, interruptible } from './run.js';
import { showingProgress } from './training-progress.js';

interface DemoFlags {
  readonly out: string;
  readonly quiet?: boolean;
}

const help = `
Trains the three steps on street scenes that hmsa renders itself, scores every scale alone and their combinations on
scenes that it has not seen, and writes pictures, results.json and the model. Takes a few minutes.

Example:
  hmsa demo --out out/demo`;

export function demoCommand(): Command {
  return new Command('demo')
    .description('See the whole of it in a few minutes: train, compare the scales, look at pictures.')
    .option('--out <DIR>', 'where everything goes', 'out/demo')
    .option('--quiet', 'no progress')
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help)
    .action(run);
}

async function run({ out, quiet = false }: DemoFlags): Promise<void> {
  const progress = new Progress('Scoring', quiet);
  const report = await interruptible((signal) =>
    demo({
      out,
      ...showingProgress(quiet, signal),
      onScoring: (done, total) => progress.update(done, total),
    }),
  ).finally(() => progress.end());
  if (report.interrupted) {
    process.stderr.write(`hmsa: interrupted and saved; go on with: hmsa train --resume ${report.files[0]}\n`);
    process.exitCode = ExitCode.INTERRUPTED;
    return;
  }
  process.stdout.write(table(report));
  for (const file of report.files) process.stdout.write(`${file}\n`);
}

function table({ results }: DemoReport): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const percent = (value: number) => (100 * value).toFixed(1).padStart(6);
  const lines = results.map(
    ({ name, meanIoU, pixelAccuracy }) =>
      `${name.padEnd(width)}  ${percent(meanIoU)}  ${percent(pixelAccuracy)}`,
  );
  return `${[`${'on unseen scenes'.padEnd(width)}  mIoU %  pixels %`, ...lines, ''].join('\n')}\n`;
}
