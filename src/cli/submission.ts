import { Command } from 'commander';
import { printable } from '../base/errors/index.js';
import { loadModel, openDataset, writeSubmission } from '../node/index.js';
import { addDataOptions, type DataOptions, openOptions } from './data/options.js';
import {
  addPredictionOptions,
  type PredictionFlags,
  predictionOptions,
  sessionOptions,
} from './model-options.js';
import { Progress } from './progress.js';
import { interruptible } from './run.js';

interface SubmissionFlags extends PredictionFlags, DataOptions {
  readonly model: string;
  readonly data: string;
  readonly out: string;
}

const help = `
Writes CITY_SEQUENCE_FRAME_labelIds.png for every photograph of the split, in the form that the official evaluator reads.

Example:
  hmsa submission --data cityscapes:/data/cityscapes --split test --model out/model.safetensors --out submission`;

export function submissionCommand(): Command {
  const command = new Command('submission')
    .description('Predict a Cityscapes split for the benchmark or the official evaluator.')
    .requiredOption('--data <KIND:PATH>', 'the data set, cityscapes:PATH')
    .requiredOption('--out <DIR>', 'where the predictions go')
    // The shipped model has CamVid's classes.
    .requiredOption(
      '--model <MODEL>',
      "a model file, or the folder of a training run, with Cityscapes' classes",
    )
    .addHelpText('after', help);
  return addDataOptions(addPredictionOptions(command)).action(run);
}

async function run(flags: SubmissionFlags): Promise<void> {
  const { out, quiet = false } = flags;
  const segmenter = await loadModel(flags.model, sessionOptions(flags));
  const progress = new Progress('Predicting', quiet);
  try {
    const dataset = await openDataset(flags.data, openOptions({ ...flags, split: flags.split ?? 'test' }));
    const files = await interruptible((signal) =>
      writeSubmission(segmenter, dataset, out, {
        ...predictionOptions(flags),
        signal,
        onProgress: (done, total) => progress.update(done, total),
      }),
    ).finally(() => progress.end());
    process.stdout.write(`${files.length} predictions in ${printable(out, 4096)}\n`);
  } finally {
    await segmenter.dispose();
  }
}
