import { Command, Option } from 'commander';
import { counted, HmsaError, printable } from '../base/errors/index.js';
import { type QuantizeReport, quantizeModel } from '../node/index.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './data/options.js';
import { combinations, type PredictionFlags, predictionOptions } from './model-options.js';
import { points, positiveNumber, scaleList, sideLimit } from './numbers.js';
import { PartsProgress, quietFlag } from './progress.js';
import { ExitCode, interruptible } from './run.js';
import { table } from './table.js';

interface QuantizeFlags extends DataOptions, Omit<PredictionFlags, 'device'> {
  readonly data: string;
  readonly model?: string;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly calibrateOn?: string;
  readonly images?: number;
  readonly aim?: number;
  readonly allowLoss?: number;
  readonly skipBad?: boolean;
  readonly json?: boolean;
}

const help = `
The CPU then computes most convolutions with integers of 8 bits; other devices compute the same weights in float32. Layers
are kept float until the model loses at most --aim points of mean IoU on the calibration images. The model is then scored on
--split, and is not written if it loses more than --allow-loss points there.

${kindHelp()}

Examples:
  hmsa quantize --data camvid:data/camvid
  hmsa quantize --model out/train/model.safetensors --data cityscapes:data/cityscapes --out street.int8.safetensors
  hmsa evaluate --model street.int8.safetensors --data cityscapes:data/cityscapes`;

export function quantizeCommand(): Command {
  const command = new Command('quantize')
    .description('Make a model smaller and faster on the CPU, with weights and activations of 8 bits.')
    .requiredOption('--data <KIND:PATH>', 'the data set')
    .option('--model <MODEL>', 'a model file, or the folder of a training run (default: the shipped model)')
    .option(
      '--out <FILE>',
      'the file to write (default: the name of the model with the ending .int8.safetensors, beside it)',
    )
    .option('--overwrite', 'replace a file that is no quantised model')
    .option('--calibrate-on <SPLIT>', 'the split of the calibration images (default: train)')
    .option('--images <N>', 'number of calibration images (default: 24)', positiveNumber)
    .option(
      '--aim <POINTS>',
      'loss on the calibration images above which layers stay float (default: 0.3)',
      points,
    )
    .option('--allow-loss <POINTS>', 'largest loss with which the model is written (default: 1)', points)
    .option(
      '--scales <LIST>',
      'scales of the image, such as 0.5,1,2 (default: those the model was trained on)',
      scaleList,
    )
    .addOption(
      new Option('--combine <HOW>', 'how the scales become one prediction')
        .choices(combinations)
        .default('hierarchical'),
    )
    .option('--max-side <PIXELS>', 'as in hmsa evaluate', sideLimit)
    .option('--threads <N>', 'threads of the CPU kernels (default: the number of cores)', positiveNumber)
    .option(
      '--skip-bad',
      'leave out and list images that cannot be read or scored (exit code 2), instead of failing',
    )
    .option('--json', 'print the result as JSON')
    .option(...quietFlag)
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help);
  return addDataOptions(command).action(run);
}

async function run(flags: QuantizeFlags): Promise<void> {
  const { quiet = false, json = false } = flags;
  const report = await interruptible((signal) => quantizing(flags, quiet, signal));
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : lossTable(report));
  for (const line of report.skipped) process.stderr.write(`hmsa: ${printable(line, 4096)}\n`);
  if (report.file === undefined) {
    throw new HmsaError({
      operation: 'quantize',
      expected: `a loss of at most ${flags.allowLoss ?? 1} points`,
      received: `${report.meanIoU.lost.toFixed(2)} points; nothing was written`,
      remedy:
        'Keep more layers float with a smaller --aim, calibrate with more --images, or allow more with --allow-loss.',
    });
  }
  if (report.skipped.length > 0) process.exitCode = ExitCode.SOME_FAILED;
}

async function quantizing(
  flags: QuantizeFlags,
  quiet: boolean,
  signal: AbortSignal,
): Promise<QuantizeReport> {
  const { data, model, out, overwrite, calibrateOn, threads, images, aim, allowLoss, skipBad } = flags;
  const progress = new PartsProgress(quiet);
  try {
    return await quantizeModel(
      {
        data,
        dataOptions: openOptions(flags),
        ...(calibrateOn !== undefined && { calibrateOn }),
        ...(model !== undefined && { model }),
        ...(out !== undefined && { out }),
        ...(overwrite && { overwrite }),
        ...(threads !== undefined && { session: { threads } }),
      },
      {
        ...predictionOptions({ ...flags, device: 'cpu' }),
        ...(images !== undefined && { images }),
        ...(aim !== undefined && { aim }),
        ...(allowLoss !== undefined && { allowLoss }),
        ...(skipBad && { skipBad }),
      },
      { signal, onData: progress.onData, onProgress: progress.onProgress },
    );
  } finally {
    progress.end();
  }
}

/** What was lost and gained, a line for each class. */
function lossTable(report: QuantizeReport): string {
  const { meanIoU, perClass, float, quantizedLayers, calibrationLoss, calibrationImages, speed, rule } =
    report;
  const percent = (value: number) => (Number.isNaN(value) ? '–' : (100 * value).toFixed(1));
  const lost = (value: number) => (Number.isNaN(value) ? '–' : value.toFixed(2));
  const rows = [
    ['class', 'float %', 'int8 %', 'lost'],
    ...perClass.map((each) => [
      printable(each.name, 60),
      percent(each.float),
      percent(each.quantized),
      lost(each.lost),
    ]),
    [],
    ['mean IoU', percent(meanIoU.float), percent(meanIoU.quantized), lost(meanIoU.lost)],
  ];
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const kept =
    float.length === 0
      ? 'none kept float'
      : `${float.length} kept float: ${float.map(({ layer }) => layer).join(', ')}`;
  return [
    ...table(rows, 'lrrr'),
    `${counted(report.images, 'image')}; ${(100 * report.changedLabels).toFixed(2)}% of the labels of some differ`,
    `${quantizedLayers} layers in 8 bits, ${printable(kept, 4000)}`,
    `ranges by the rule ${rule}; ${calibrationLoss.toFixed(2)} points lost on ${counted(calibrationImages, 'calibration image')}`,
    `${mb(report.bytes)}, ${mb(report.model.bytes)} before`,
    `${speed.quantizedMs.toFixed(0)} ms an image, ${speed.floatMs.toFixed(0)} ms before: ${speed.ratio.toFixed(2)} times as fast`,
    ...(report.file === undefined ? [] : [printable(report.file, 4096)]),
    '',
  ].join('\n');
}
