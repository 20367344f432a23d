import { Command, Option } from 'commander';
import { counted, printable } from '../base/errors/index.js';
import { type CalibrateReport, calibrateModel } from '../node/index.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './data/options.js';
import {
  addSizeAndSessionOptions,
  combinations,
  type Device,
  type PredictionFlags,
  predictionOptions,
  sessionOptions,
} from './model-options.js';
import { points, positiveNumber, scaleList } from './numbers.js';
import { PartsProgress } from './progress.js';
import { ExitCode, interruptible } from './run.js';
import { table } from './table.js';

interface CalibrateFlags extends DataOptions, PredictionFlags {
  readonly data: string;
  readonly model?: string;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly loss?: number;
  readonly images?: number;
  readonly block?: number;
  readonly gate?: 'fitted' | 'margin';
  readonly skipBad?: boolean;
  readonly json?: boolean;
  readonly device: Device;
}

const help = `
hmsa segment --adaptive then computes the highest scale only where the lower ones leave doubt. The calibration is stored in the model
file, one for each list of scales; its weights stay as they are. Calibrate on images that the model has not learned from.

${kindHelp()}

Examples:
  hmsa calibrate --data camvid:data/camvid --scales 0.5,1,2
  hmsa calibrate --model out/train/model.safetensors --data camvid:data/camvid --scales 0.5,1,2
  hmsa calibrate --model street.safetensors --data cityscapes:data/cityscapes --loss 0.3 --out fast.safetensors
  hmsa segment street.jpg --model fast.safetensors --adaptive`;

export function calibrateCommand(): Command {
  const command = new Command('calibrate')
    .description('Measure where the highest scale of a model can be left out, for segment --adaptive.')
    .option(
      '--model <FILE>',
      'the model, into which the calibration is written (default: the shipped model, of which a copy is written)',
    )
    .requiredOption('--data <KIND:PATH>', 'the data set; its split val is used unless --split names another')
    .option('--loss <POINTS>', 'points of mean IoU that may be lost (default: 0.1)', points)
    .option(
      '--out <FILE>',
      'write another file, instead of the model itself (default for the shipped model: its name with the ending .calibrated.safetensors)',
    )
    .option('--overwrite', 'replace the file of --out')
    .option('--images <N>', 'number of calibration images (default: 40)', positiveNumber)
    .option(
      '--block <PIXELS>',
      'side, at the highest scale, of the blocks that are computed or left out (default: 32)',
      positiveNumber,
    )
    .addOption(
      new Option(
        '--gate <KIND>',
        'how doubt is told: a regression on attention, entropy and margin, or a test of margins',
      )
        .choices(['fitted', 'margin'])
        .default('fitted'),
    )
    .option('--scales <LIST>', 'scales of the image (default: those the model was trained on)', scaleList)
    .addOption(
      new Option('--combine <HOW>', 'how the scales become one prediction')
        .choices(combinations.filter((each) => each !== 'single'))
        .default('hierarchical'),
    )
    .option('--skip-bad', 'leave out and list images that cannot be read or scored (exit code 2)')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', help);
  return addDataOptions(addSizeAndSessionOptions(command)).action(run);
}

async function run(flags: CalibrateFlags): Promise<void> {
  const report = await interruptible((signal) => calibrating(flags, signal));
  process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : curveTable(report));
  for (const line of report.skipped) process.stderr.write(`hmsa: ${printable(line, 4096)}\n`);
  if (report.skipped.length > 0) process.exitCode = ExitCode.SOME_FAILED;
}

async function calibrating(flags: CalibrateFlags, signal: AbortSignal): Promise<CalibrateReport> {
  const { data, model, out, overwrite, loss, images, block, gate, skipBad, quiet = false } = flags;
  const progress = new PartsProgress(quiet);
  try {
    return await calibrateModel(
      {
        data,
        dataOptions: openOptions(flags),
        ...(model !== undefined && { model }),
        ...(out !== undefined && { out }),
        ...(overwrite && { overwrite }),
        session: sessionOptions(flags),
      },
      {
        ...predictionOptions(flags),
        ...(loss !== undefined && { loss }),
        ...(images !== undefined && { images }),
        ...(block !== undefined && { block }),
        ...(gate !== undefined && { gate }),
        ...(skipBad && { skipBad }),
      },
      { signal, onData: progress.onData, onProgress: progress.onProgress },
    );
  } finally {
    progress.end();
  }
}

/** What each threshold loses and takes; the chosen one is marked. */
function curveTable({ curve, chosen, scales, images, meanIoU, file }: CalibrateReport): string {
  const rows = [
    ['threshold', 'points lost', 'work %', ''],
    ...curve.map((point) => [
      String(point.threshold),
      point.loss.toFixed(2),
      (100 * point.work).toFixed(0),
      point.threshold === chosen.threshold ? 'chosen' : '',
    ]),
  ];
  const nothing =
    chosen.threshold === 0
      ? ['no threshold saves work within the loss: --adaptive will compute everything']
      : [];
  return [
    ...table(rows, 'lrrl'),
    `${counted(images, 'image')}, scales ${scales.join(', ')}, mean IoU ${(100 * meanIoU).toFixed(2)}%`,
    ...nothing,
    printable(file, 4096),
    '',
  ].join('\n');
}
