import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { isBelow, pathFrom } from '../data/files/index.js';
import { trunks } from '../model/index.js';
import { withSlashes } from '../node/datasets/index.js';
import { fittingCrop, type OpenOptions, openDataset, readTrainConfig } from '../node/index.js';
import { type AblationPart, armConfigs, changesKey, fitTraining, fittedText } from '../node/jobs/index.js';
import { parseBytes } from '../training/bytes.js';
import { setOften, type TrainConfig } from '../training/index.js';
import type { MemoryChoice } from '../training/memory/index.js';
import { adamBetas } from '../training/optimizers/index.js';
import type { Device } from './model-options.js';
import { positiveNumber, wholeNumber } from './numbers.js';

/** The flags that determine the configuration of a run. */
export interface ConfigFlags {
  readonly preset?: string;
  readonly config?: string;
  readonly seed?: number;
  readonly epochs?: readonly number[];
  readonly batch?: number;
  readonly crop?: readonly [height: number, width: number];
  readonly rate?: readonly number[];
  readonly trunk?: string;
  readonly earlyStop?: number;
  readonly memory?: string;
  /** Of an ablation, all of whose arms must fit the memory. */
  readonly ablation?: boolean;
  readonly scales?: readonly (readonly number[])[];
  readonly arms?: readonly AblationPart[];
}

export function addConfigOptions(command: Command): Command {
  return command
    .option('--preset <NAME>', 'the configuration to start from (default: quick)')
    .option('--config <FILE>', 'JSON that changes keys of the preset (docs/configuration.md)')
    .option('--seed <N>', 'determines every random choice (default: 1)', wholeNumber)
    .option(
      '--epochs <N>',
      'epochs in all, divided among the phases in proportion; or N,N,… one number for each phase',
      (text) => listOf(text, positiveNumber),
    )
    .option('--batch <N>', 'images in a batch', positiveNumber)
    .option('--crop <WxH>', 'the part of a photograph in a batch: 480x352, or 256 for a square', cropSize)
    .option(
      '--rate <X>',
      'peak learning rate of the first phase, with the others in proportion; or X,X,… one number for each phase',
      (text) => listOf(text, aboveZero),
    )
    .option(
      '--early-stop <N>',
      'end a phase after N epochs in which validation finds no better mean IoU',
      positiveNumber,
    )
    .option(
      '--memory <SIZE>',
      'the most memory to take, such as 4GB: changes what neither a flag nor --config sets, first recompute, then batch and accumulate, then crop',
      amount,
    )
    .option(
      '--trunk <NAME>',
      `another trunk in its standard form: ${trunks.names.join(', ')} (its keys: docs/configuration.md)`,
    );
}

/**
 * The preset, changed by the file, then by the flags. The preset `finetune` reduces its crop to fit smaller
 * photographs.
 *
 * @param data the data set and how it is read; without it the crop does not change
 * @param say prints changes that no flag requested
 */
export async function configOf(
  { preset = 'quick', config: file, seed, memory, ablation, scales, arms: parts, ...often }: ConfigFlags,
  data: Data | undefined,
  say: (text: string) => void,
  device?: Device,
): Promise<TrainConfig> {
  const read = await readTrainConfig(preset, file);
  const seeded = {
    ...read,
    ...(seed !== undefined && { seed }),
    ...(memory !== undefined && { memory }),
  };
  const config = setOften(seeded, often);
  const isCropSet = often.crop !== undefined || (await changesKey(file, 'crop'));
  const cropped = preset === 'finetune' && !isCropSet ? await withFittingCrop(config, data, say) : config;
  const keep: MemoryChoice[] = [
    ...(isCropSet ? (['crop'] as const) : []),
    ...(often.batch !== undefined || (await changesKey(file, 'batch', 'accumulate'))
      ? (['batch'] as const)
      : []),
    ...((await changesKey(file, 'recompute')) ? (['recompute'] as const) : []),
  ];
  const others = ablation
    ? armConfigs(cropped, { ...(scales && { scales }), ...(parts && { parts }) })
    : undefined;
  return withinMemory(cropped, data, { keep, device, others }, say);
}

/** What `configOf` reads of a data set. */
type Data = { readonly spec: string; readonly options: OpenOptions };

async function withFittingCrop(
  config: TrainConfig,
  data: Data | undefined,
  say: (text: string) => void,
): Promise<TrainConfig> {
  if (data === undefined) return config;
  const crop = await fittingCrop(config, data.spec, data.options);
  if (String(crop) === String(config.crop)) return config;
  say(`crop ${crop[1]}x${crop[0]}, to fit the photographs (--crop sets another)`);
  return { ...config, crop };
}

/** Classes that a training without data is taken to have: those of Cityscapes. */
const CLASSES = 19;

async function withinMemory(
  config: TrainConfig,
  data: Data | undefined,
  fixed: {
    readonly keep: readonly MemoryChoice[];
    readonly device: Device | undefined;
    readonly others: readonly TrainConfig[] | undefined;
  },
  say: (text: string) => void,
): Promise<TrainConfig> {
  if (config.memory === undefined) return config;
  const opened = data && (await openDataset(data.spec, { split: 'train', ...data.options }));
  if (opened === undefined) say(`memory: for ${CLASSES} classes (--data tells the number)`);
  const classes = opened?.classes.names.length ?? CLASSES;
  const fitted = fitTraining(config, { classes, ...fixed });
  if (fitted === undefined) return config;
  say(fittedText(fitted));
  return fitted.config;
}

/**
 * The configuration as a file for `--config`. Its `$schema` is a relative path to the packed schema if that lies below
 * the working folder, so that it holds on another machine, or a URL otherwise. The betas of Adam are in it even if they are the usual
 * ones, because the preset that the file is laid over may have others.
 */
export function configText(config: TrainConfig): string {
  const schema = new URL('../../schema/train-config.schema.json', import.meta.url);
  const $schema = pathBelow(withSlashes(process.cwd()), withSlashes(fileURLToPath(schema))) ?? schema.href;
  const { optimizer } = config;
  const whole = optimizer.name === 'sgd' ? optimizer : { ...optimizer, ...adamBetas, ...optimizer };
  return `${JSON.stringify({ $schema, ...config, optimizer: whole }, null, 2)}\n`;
}

/**
 * The path of a file for editors, relative to a folder that contains it; undefined if the file is elsewhere. Both use
 * `/`.
 */
export function pathBelow(folder: string, file: string): string | undefined {
  // Editors treat a path as relative if it begins with a dot.
  return isBelow(folder, file) ? `./${pathFrom(folder, file)}` : undefined;
}

function listOf(text: string, one: (text: string) => number): number[] {
  return text.split(',').map((part) => one(part.trim()));
}

function amount(text: string): string {
  parseBytes(text, '--memory');
  return text;
}

function aboveZero(text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('A number above 0 is needed, such as 0.001 or 1e-3.');
  return value;
}

function cropSize(text: string): [height: number, width: number] {
  const found = /^(\d+)(?:[x×](\d+))?$/.exec(text.trim());
  if (found === null)
    throw new InvalidArgumentError('WIDTHxHEIGHT in pixels is needed, or one side of a square.');
  const width = Number(found[1]);
  return [found[2] === undefined ? width : Number(found[2]), width];
}
