import { type Command, Option } from 'commander';
import { DEVICES, type Device } from '../engine/runtime/index.js';
import { COMBINATIONS, type Combination } from '../model/index.js';
import { positiveNumber, scaleList, sideLimit } from './numbers.js';
import { quietFlag } from './progress.js';

export { DEVICES as devices, type Device } from '../engine/runtime/index.js';
export { COMBINATIONS as combinations } from '../model/index.js';

/** Options that decide how a command runs a model. */
export interface PredictionFlags {
  readonly scales?: number[];
  readonly combine: Combination;
  readonly maxSide?: number | 'none';
  readonly device: Device;
  readonly threads?: number;
  readonly quiet?: boolean;
}

/** The options of every command that runs a model. Default: the shipped model. */
export interface ModelFlags extends PredictionFlags {
  readonly model?: string;
}

export function addModelOptions(command: Command): Command {
  return addPredictionOptions(
    command.option(
      '--model <MODEL>',
      'a model file, or the folder of a training run (default: the shipped model, for street scenes)',
    ),
  );
}

export function addPredictionOptions(command: Command): Command {
  command
    .option(
      '--scales <LIST>',
      'scales of the image, such as 0.5,1,2 (default: those the model was trained on)',
      scaleList,
    )
    .addOption(
      new Option('--combine <HOW>', 'how the scales become one prediction')
        .choices(COMBINATIONS)
        .default('hierarchical'),
    )
    .option(
      '--max-side <PIXELS>',
      'reduce larger images for the network, to this many pixels on the longer side; none: never. Results keep the size ' +
        'of the image (default: to the area of the training photographs of the model)',
      sideLimit,
    );
  return addSessionOptions(command);
}

/** Of a command that chooses scales and combination itself, or has options of its own for them. */
export function addSizeAndSessionOptions(command: Command): Command {
  return addSessionOptions(command.option('--max-side <PIXELS>', 'as in hmsa evaluate', sideLimit));
}

function addSessionOptions(command: Command): Command {
  return command
    .addOption(new Option('--device <NAME>', 'where to run').choices(DEVICES).default('cpu'))
    .option('--threads <N>', 'threads of the CPU kernels (default: the number of cores)', positiveNumber)
    .option(...quietFlag)
    .option('--debug', 'stack traces of errors');
}

/** How a prediction came about: `hierarchical over 1, 0.5`. One scale alone is not combined. */
export function scalesText(combine: string, scales: readonly number[]): string {
  return scales.length === 1 ? `scale ${scales[0]}` : `${combine} over ${scales.join(', ')}`;
}

/** The prediction options from the flags. */
export function predictionOptions({ scales, combine, maxSide }: PredictionFlags) {
  return {
    combine,
    ...(scales === undefined ? {} : { scales }),
    ...(maxSide === undefined ? {} : { maxSide }),
  };
}

/** The session options from the flags. */
export function sessionOptions({ device, threads }: Pick<PredictionFlags, 'device' | 'threads'>) {
  return { device, ...(threads === undefined ? {} : { threads }) };
}
