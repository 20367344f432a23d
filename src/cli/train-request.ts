import { HmsaError } from '../base/errors/index.js';
import { shippedModel } from '../node/index.js';
import { checkInit } from '../node/jobs/index.js';
import type { TrainConfig } from '../training/index.js';
import { checkFirstSet, parseFurtherSet } from './data/further-sets.js';
import { type DataOptions, openOptions } from './data/options.js';
import type { Device } from './model-options.js';
import { type ConfigFlags, configOf } from './train-config.js';

/** The name of the shipped model for `--init`. */
export const SHIPPED = 'shipped';

/** The options of `hmsa train`, but for those of an ablation. */
export interface TrainFlags extends Omit<DataOptions, 'seed'>, ConfigFlags {
  readonly data?: string[];
  readonly samplesPerEpoch?: number;
  readonly printConfig?: boolean;
  readonly init?: string;
  readonly initEntry?: string;
  readonly partialInit?: boolean;
  readonly out?: string;
  readonly threads?: number;
  readonly device?: Device;
  readonly validation?: string;
  readonly skipBad?: boolean;
  readonly saveEvery?: string;
  readonly tensorboard?: true | string;
  readonly featureCache?: string;
  readonly resume?: string;
  readonly quiet?: boolean;
}

/**
 * What is scored, and whether faults end the run. Both may change when a run resumes, because training does not depend
 * on them.
 */
export function changesOf({ validation, skipBad, tensorboard, featureCache }: TrainFlags) {
  return {
    ...(validation === undefined ? {} : { validationSplit: validation }),
    ...(skipBad === undefined ? {} : { skipBad }),
    ...(tensorboard === undefined ? {} : { tensorboard }),
    ...(featureCache === undefined ? {} : { featureCache }),
  };
}

/** Everything else of a resumed run comes from its folder. @throws HmsaError that names a contradicting flag */
export function refuseContradictions({
  resume: _,
  quiet: __,
  validation: ___,
  skipBad: ____,
  tensorboard: _____,
  featureCache: ______,
  ...others
}: TrainFlags): void {
  const [name] = Object.keys(others).filter((key) => key !== 'debug');
  if (name === undefined) return;
  throw new HmsaError({
    operation: '--resume',
    expected:
      'no flag but --validation, --skip-bad, --tensorboard, --watch and --feature-cache, because everything else comes from the folder',
    received: `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    remedy: 'Leave the flag out, or start a new run.',
  });
}

/** The configuration that the flags describe, fitted to the data set if they name one. */
export function configAlone(flags: TrainFlags): Promise<TrainConfig> {
  const [data] = flags.data ?? [];
  const read = data === undefined ? undefined : dataOf(data, flags);
  return configOf(flags, read, sayUnless(flags.quiet), flags.device);
}

/** The run that the flags describe. @throws HmsaError when they name no data set */
export async function requestOf(flags: TrainFlags) {
  const { data: [data, ...others] = [], init, threads, device, validation, samplesPerEpoch } = flags;
  if (data === undefined) {
    throw new HmsaError({
      operation: '--data',
      expected: 'KIND:PATH',
      received: 'nothing',
      remedy: 'Name the data set, such as --data camvid:data/camvid or synthetic:count=40,size=128x64.',
    });
  }
  if (others.length > 0) await checkFirstSet(data);
  const moreData = await Promise.all(others.map((text) => furtherSet(text, flags)));
  const read = dataOf(data, flags);
  const from = init ?? (flags.preset === 'finetune' ? SHIPPED : undefined);
  if (from !== undefined && from !== SHIPPED) await checkInit(from, flags.initEntry);
  return {
    config: await configOf(flags, read, sayUnless(flags.quiet), device),
    data,
    dataOptions: read.options,
    ...(moreData.length === 0 ? {} : { moreData }),
    ...(samplesPerEpoch === undefined ? {} : { samplesPerEpoch }),
    ...(validation === undefined ? {} : { validationSplit: validation }),
    ...(from === undefined ? {} : { init: from === SHIPPED ? (await shippedModel()).file : from }),
    ...(flags.initEntry === undefined ? {} : { initEntry: flags.initEntry }),
    ...(flags.partialInit ? { partialInit: true } : {}),
    ...(flags.skipBad ? { skipBad: true } : {}),
    ...(flags.tensorboard === undefined ? {} : { tensorboard: flags.tensorboard }),
    ...(flags.saveEvery === undefined ? {} : { saveEvery: flags.saveEvery }),
    ...(flags.featureCache === undefined ? {} : { featureCache: flags.featureCache }),
    session: {
      ...(device === undefined ? {} : { device }),
      ...(threads === undefined ? {} : { threads }),
    },
  };
}

function dataOf(spec: string, { split, groups, classes, followLinks }: TrainFlags) {
  const options = openOptions({
    ...(split === undefined ? {} : { split }),
    ...(groups === undefined ? {} : { groups }),
    ...(classes === undefined ? {} : { classes }),
    ...(followLinks === undefined ? {} : { followLinks }),
  });
  return { spec, options };
}

/** Whoever allows links that lead out of the first set allows them in all. */
async function furtherSet(text: string, { followLinks }: TrainFlags) {
  const set = await parseFurtherSet(text);
  return followLinks === undefined ? set : { ...set, dataOptions: { ...set.dataOptions, followLinks } };
}

/** Prints what happens, unless `--quiet`. */
export function sayUnless(quiet = false): (text: string) => void {
  return (text) => {
    if (!quiet) process.stderr.write(`${text}\n`);
  };
}
