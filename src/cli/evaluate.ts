import { Command } from 'commander';
import { counted, printable } from '../base/errors/index.js';
import { type Evaluation, Scorer, scoredClasses } from '../evaluation/index.js';
import { evaluate, loadModel, openScoringData, writeJsonAtomic } from '../node/index.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './data/options.js';
import {
  addModelOptions,
  type ModelFlags,
  predictionOptions,
  scalesText,
  sessionOptions,
} from './model-options.js';
import { points } from './numbers.js';
import { Progress } from './progress.js';
import { checkResultFiles } from './result-file.js';
import { ExitCode, interruptible } from './run.js';
import { workText } from './segment-lines.js';
import { table } from './table.js';

interface EvaluateFlags extends ModelFlags, DataOptions {
  readonly data: string;
  readonly json?: string;
  readonly skipBad?: boolean;
  readonly adaptive?: true | number;
}

const help = `
${kindHelp()}

Examples:
  hmsa evaluate --data camvid:data/camvid
  hmsa evaluate --data camvid:data/camvid --model out/model.safetensors --scales 0.5,1,2 --json result.json
  hmsa evaluate --data camvid:data/camvid --model calibrated.safetensors --scales 0.5,1,2 --adaptive`;

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('Score a model on labelled images: IoU and accuracy of each class.')
    .requiredOption('--data <KIND:PATH>', 'the data set')
    .option(
      '--adaptive [POINTS]',
      'label as hmsa segment --adaptive does: the highest scale only where the lower ones leave doubt',
      points,
    )
    .option('--json <FILE>', 'write the result as JSON')
    .option(
      '--skip-bad',
      'leave out and list images that cannot be read or scored (exit code 2), instead of failing',
    )
    .addHelpText('after', help);
  return addDataOptions(addModelOptions(command)).action(run);
}

async function run(flags: EvaluateFlags): Promise<void> {
  const { quiet = false, json, skipBad = false, adaptive } = flags;
  await checkResultFiles(['--json', json, 'evaluation']);
  const segmenter = await loadModel(flags.model, sessionOptions(flags));
  try {
    const { leftOut, colors, ...rest } = await interruptible(async (signal) => {
      const options = {
        ...predictionOptions(flags),
        ...(adaptive !== undefined && { adaptive }),
        skipBad,
        signal,
      };
      const data = await showing('Checking', quiet, (onProgress) =>
        openScoringData(segmenter, flags.data, openOptions(flags), { ...options, onProgress }),
      );
      if (!quiet) process.stderr.write(`${data.taken}\n`);
      // Users' photographs cannot be among the training data of the shipped model.
      if (data.doubt !== undefined && flags.model !== undefined)
        process.stderr.write(`hmsa: warning: ${data.doubt}\n`);
      for (const warning of data.warnings) process.stderr.write(`hmsa: warning: ${warning}\n`);
      const result = await showing('Evaluating', quiet, (onProgress) =>
        evaluate(segmenter, data.dataset, { ...options, onProgress }),
      );
      const { classes } = new Scorer(scoredClasses(segmenter.classes, data.dataset.classes));
      return { ...result, leftOut: data.leftOut, colors: classes.colors };
    });
    const result = { ...rest, skipped: [...leftOut, ...rest.skipped] };
    if (json !== undefined)
      await writeJsonAtomic(json, {
        ...asJson(result),
        colors,
        data: flags.data,
        ...(flags.model !== undefined && { model: flags.model }),
      });
    // In the order that was typed. The result lists them from high to low, in the order of the network.
    process.stdout.write(scoreTable({ ...result, scales: flags.scales ?? result.scales }));
    if (result.skipped.length === 0) return;
    for (const message of result.skipped) process.stderr.write(`hmsa: ${printable(message, 4096)}\n`);
    process.stderr.write(
      `hmsa: ${counted(result.images, 'image')} scored, ${result.skipped.length} left out\n`,
    );
    process.exitCode = result.images === 0 ? ExitCode.ERROR : ExitCode.SOME_FAILED;
  } finally {
    await segmenter.dispose();
  }
}

/** Runs a task with a line of progress, which is cleared at the end. */
function showing<T>(
  what: string,
  quiet: boolean,
  task: (onProgress: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const progress = new Progress(what, quiet);
  return task((done, total) => progress.update(done, total)).finally(() => progress.end());
}

/** The format of `--json`: fractions. NaN, for a class that does not occur, is written as null. */
function asJson({ imageMeanIoU, frequencyWeightedIoU, perClass, ...rest }: Evaluation) {
  return {
    ...rest,
    frequencyWeightedIoU,
    imageMeanIoU,
    perClass: perClass.map(({ name, iou, accuracy, pixels }) => ({ name, iou, accuracy, pixels })),
  };
}

/** A table of percentages, one line for each class. */
export function scoreTable({
  perClass,
  meanIoU,
  meanAccuracy,
  pixelAccuracy,
  images,
  seconds,
  scales,
  combine,
  reducedTo,
  reducedImages,
  work,
}: Evaluation): string {
  const percent = (value: number) => (Number.isNaN(value) ? '–' : (100 * value).toFixed(1));
  const rows = [
    ['class', 'IoU %', 'acc. %'],
    ...perClass.map(({ name, iou, accuracy }) => [printable(name, 60), percent(iou), percent(accuracy)]),
    [],
    ['mean IoU', percent(meanIoU)],
    ['mean accuracy', percent(meanAccuracy)],
    ['pixel accuracy', percent(pixelAccuracy)],
  ];
  const lines = [
    ...table(rows, 'lrr'),
    `${counted(images, 'image')} in ${seconds.toFixed(1)} s, ${scalesText(combine, scales)}`,
    ...(work === undefined ? [] : [workText(work)]),
    ...(reducedTo === null || reducedImages === 0
      ? []
      : [
          `${reducedImages} of them reduced to ${limitText(reducedTo)} for the network, scored at their own size; ` +
            '--max-side none does not reduce',
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

function limitText(to: NonNullable<Evaluation['reducedTo']>): string {
  return typeof to === 'number'
    ? `${to} pixels on the longer side`
    : `the area of ${to.width}×${to.height} (the model's photographs)`;
}
