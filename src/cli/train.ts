import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { HmsaError, printable, program } from '../base/errors/index.js';
import {
  type AblationPart,
  ablationParts,
  keepingPictures,
  resumeTraining,
  runAblation,
  shippedModel,
  type TrainResult,
  train,
  writeFileAtomic,
  writeJsonAtomic,
} from '../node/index.js';
import { checkInit } from '../node/jobs/index.js';
import { comparisonPage } from '../report/pages/index.js';
import { presetLines } from '../training/index.js';
import { comparing, comparisonTexts } from './compare.js';
import { checkFirstSet, collect, furtherSetsHelp, parseFurtherSet } from './data/further-sets.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './data/options.js';
import { scoreTable } from './evaluate.js';
import { type Device, devices, sessionOptions } from './model-options.js';
import { positiveNumber, scaleList } from './numbers.js';
import { duration } from './progress.js';
import { ExitCode, exitCodeOf, interruptible } from './run.js';
import { addConfigOptions, type ConfigFlags, configOf, configText } from './train-config.js';
import { showingProgress } from './training-progress.js';
import { portNumber, refuseWatchedAblation, type WatchFlag, watchHelp, watching } from './watch.js';

/** The name of the shipped model for `--init`. */
const SHIPPED = 'shipped';

interface TrainFlags extends Omit<DataOptions, 'seed'>, ConfigFlags {
  readonly data?: string[];
  readonly samplesPerEpoch?: number;
  readonly printConfig?: boolean;
  readonly init?: string;
  readonly partialInit?: boolean;
  readonly out?: string;
  readonly threads?: number;
  readonly device?: Device;
  readonly validation?: string;
  readonly skipBad?: boolean;
  readonly saveEvery?: string;
  readonly tensorboard?: true | string;
  readonly featureCache?: string;
  readonly watch?: WatchFlag;
  readonly resume?: string;
  readonly ablation?: boolean;
  readonly scales?: number[][];
  readonly arms?: AblationPart[];
  readonly seeds?: number;
  readonly quiet?: boolean;
}

const help = `
Presets:
${presetHelp()}

--config changes keys of the preset by a JSON file, such as {"batch": 2, "model": {"trunk": {"width": 0.5}}}. --epochs,
--batch, --crop, --rate and --trunk then change the result. Ctrl-C finishes the step, saves and prints how to resume. A second
Ctrl-C ends at once; everything saved before stays. SIGTERM and SIGHUP act like Ctrl-C. Exit codes: 130 after Ctrl-C, 143
after SIGTERM, 129 after SIGHUP.

${kindHelp()}

${furtherSetsHelp} --samples-per-epoch gives another number. Scores are on the split val of A, or --validation.

Examples:
  hmsa train --data folder:data/garden --preset finetune --out out/garden
  hmsa train --data camvid:data/camvid --preset joint-2scale --epochs 30 --batch 8 --crop 320x240 --rate 5e-4
  hmsa train --data cityscapes:data/cityscapes --preset replication-2scale --trunk resnet50
  hmsa train --data camvid:data/camvid --data folder:labelled-photos@0.5 --out out/more
  hmsa train --preset quick --epochs 20 --print-config
  hmsa train --ablation --data camvid:data/camvid --preset replication-2scale --seeds 3 --out out/ablation
  hmsa train --resume out/garden`;

export function trainCommand(): Command {
  const command = new Command('train')
    .description('Train a model on a labelled data set.')
    .option('--data <KIND:PATH>', 'the data set; several, each with a share: --data A --data B@0.5', collect)
    .option(
      '--samples-per-epoch <N>',
      'samples in an epoch (default: as many as the data set, or the first of several, has photographs)',
      positiveNumber,
    );
  addConfigOptions(command)
    .option('--print-config', 'print the whole configuration as JSON and exit')
    .option(
      '--init <FILE>',
      `weights to start from: a trained model, or weights of PyTorch and others for a whole network or a trunk (see hmsa import --help); "${SHIPPED}" for the shipped model (default with the preset finetune)`,
    )
    .option('--partial-init', 'take what fits of --init, however little')
    .option('--out <DIR>', 'the folder of the run (default: out/train)')
    .option('--threads <N>', 'threads of the CPU kernels (default: the number of cores)', positiveNumber)
    .addOption(new Option('--device <NAME>', 'where to train (default: cpu)').choices(devices))
    .option('--validation <SPLIT>', 'the split to score, or none (default: val)')
    .option(
      '--save-every <TIME>',
      'the longest time between saves: 90s, 10m, 2h, or a number of steps (default: 10m)',
    )
    .option(
      '--feature-cache <SIZE>',
      'the most that the phase attention keeps of features on the disk, such as 8GB, or 0 (default: 16GB, at most half of the free space)',
    )
    .option(
      '--skip-bad',
      'leave out and list images that cannot be read or used (exit code 2), instead of failing',
    )
    .option(
      '--tensorboard [DIR]',
      'write events for TensorBoard, into DIR (default: tensorboard in the folder of the run)',
    )
    .option(
      '--watch [PORT]',
      `serve a page that shows the run while it goes on: ${watchHelp}; hmsa report RUN --watch shows it later`,
      portNumber,
    )
    .option(
      '--resume <DIR>',
      'resume an interrupted run; everything but --validation, --skip-bad, --tensorboard and --feature-cache comes from its folder',
    )
    .option(
      '--ablation',
      'train what shows the worth of attention, each arm below --out, and compare it: every scale alone, also for as long as the whole training, per-scale and shared weights, explicit attention. The same command goes on with an ablation that was interrupted',
    )
    .option(
      '--scales <LIST>',
      'with --ablation: scales to combine, such as 0.5,1; may be given several times (default: those of the configuration)',
      (text: string, before: number[][] | undefined) => [...(before ?? []), scaleList(text)],
    )
    .option(
      '--arms <LIST>',
      `with --ablation: which of ${ablationParts.join(', ')} (default: all)`,
      ablationArms,
    )
    .option('--seeds <N>', 'with --ablation: seeds of each arm (default: 1)', positiveNumber)
    .option('--quiet', 'no progress')
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help);
  addDataOptions(command, { withSeed: false });
  return command.action(run);
}

async function run(flags: TrainFlags): Promise<void> {
  const { watch, ...others } = flags;
  const { resume, quiet = false } = flags;
  if (resume !== undefined) refuseContradictions(others);
  if (flags.printConfig) {
    const { data, ...rest } = flags;
    const config = await configOf(
      rest,
      data === undefined ? undefined : dataOf(data[0]!, flags),
      sayUnless(quiet),
    );
    process.stdout.write(configText(config));
    return;
  }
  if (flags.ablation) refuseWatchedAblation(watch);
  if (flags.ablation) return runAblationCommand(flags);
  refuseAblationFlags(flags);
  const began = performance.now();
  const { result, out, code } = await interruptible(async (signal) => {
    const out = resume ?? flags.out ?? 'out/train';
    const hooks = showingProgress(quiet, signal);
    const watched = watch === undefined ? undefined : await watching(out, watch);
    const shown = watched === undefined ? hooks : keepingPictures(out, hooks);
    try {
      const result =
        resume === undefined
          ? await train(await requestOf(flags), out, shown)
          : await resumeTraining(resume, shown, changesOf(flags));
      return { out, result, code: exitCodeOf(signal) };
    } finally {
      hooks.end();
      await watched?.close();
    }
  });
  conclude(result, out, code, quiet ? undefined : duration(performance.now() - began));
}

/** Trains all arms of an ablation, then compares them on the split to score. */
async function runAblationCommand(flags: TrainFlags): Promise<void> {
  const {
    quiet = false,
    out = 'out/ablation',
    scales,
    arms,
    seeds,
    validation = 'val',
    device,
    threads,
  } = flags;
  const say = sayUnless(quiet);
  const comparison = await interruptible(async (signal) => {
    const { validationSplit: _, ...request } = await requestOf(flags);
    const hooks = showingProgress(quiet, signal);
    const isDone = await runAblation(
      request,
      out,
      { ...(scales && { scales }), ...(arms && { parts: arms }), ...(seeds !== undefined && { seeds }) },
      {
        ...hooks,
        onArm: ({ arm, number, of, what }) => {
          hooks.end();
          say(`arm ${number} of ${of}, ${arm}: ${what}`);
        },
      },
    ).finally(() => hooks.end());
    if (!isDone) {
      process.stderr.write('hmsa: interrupted and saved; the same command goes on with the ablation\n');
      process.exitCode = exitCodeOf(signal);
      return undefined;
    }
    if (validation === 'none') return undefined;
    const { split: __, ...open } = request.dataOptions;
    return comparing(
      {
        data: request.data,
        dataOptions: { ...open, split: validation },
        models: [out],
        session: sessionOptions({ device: device ?? 'cpu', ...(threads !== undefined && { threads }) }),
      },
      {},
      quiet,
      signal,
    );
  });
  if (comparison === undefined) return;
  await writeJsonAtomic(join(out, 'comparison.json'), comparison);
  await writeFileAtomic(join(out, 'comparison.html'), comparisonPage(comparison));
  process.stdout.write(comparisonTexts(comparison));
  process.stdout.write(`${printable(join(out, 'comparison.html'), 4096)}\n`);
}

/** @throws HmsaError when a flag of an ablation is given without it */
function refuseAblationFlags(flags: TrainFlags): void {
  const [name] = (['scales', 'arms', 'seeds'] as const).filter((key) => flags[key] !== undefined);
  if (name === undefined) return;
  throw new HmsaError({
    operation: `--${name}`,
    expected: 'it with --ablation',
    received: 'it alone',
    remedy: 'Add --ablation, or set model.scales and seed by --config.',
  });
}

function ablationArms(text: string): AblationPart[] {
  return text.split(',').map((part) => {
    const name = ablationParts.find((known) => known === part.trim());
    if (name === undefined) throw new InvalidArgumentError(`Give some of ${ablationParts.join(', ')}.`);
    return name;
  });
}

/**
 * What is scored, and whether faults end the run. Both may change when a run resumes, because training does not depend
 * on them.
 */
function changesOf({ validation, skipBad, tensorboard, featureCache }: TrainFlags) {
  return {
    ...(validation === undefined ? {} : { validationSplit: validation }),
    ...(skipBad === undefined ? {} : { skipBad }),
    ...(tensorboard === undefined ? {} : { tensorboard }),
    ...(featureCache === undefined ? {} : { featureCache }),
  };
}

/** Everything else of a resumed run comes from its folder. @throws HmsaError that names a contradicting flag */
function refuseContradictions({
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

async function requestOf(flags: TrainFlags) {
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
  if (from !== undefined && from !== SHIPPED) await checkInit(from);
  return {
    config: await configOf(flags, read, sayUnless(flags.quiet)),
    data,
    dataOptions: read.options,
    ...(moreData.length === 0 ? {} : { moreData }),
    ...(samplesPerEpoch === undefined ? {} : { samplesPerEpoch }),
    ...(validation === undefined ? {} : { validationSplit: validation }),
    ...(from === undefined ? {} : { init: from === SHIPPED ? (await shippedModel()).file : from }),
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

function sayUnless(quiet = false): (text: string) => void {
  return (text) => {
    if (!quiet) process.stderr.write(`${text}\n`);
  };
}

/** The presets, one on each line. */
function presetHelp(): string {
  const lines = Object.entries(presetLines);
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, line]) => `  ${name.padEnd(width)}  ${line}`).join('\n');
}

/** Which of the two models is of which step. */
function bestLine({ steps, file }: TrainResult, best: NonNullable<TrainResult['best']>): string {
  const score = `mean IoU ${(100 * best.meanIoU).toFixed(1)}% after epoch ${best.epoch + 1}, step ${best.step}`;
  const [kept, last] = [best.file, file].map((path) => printable(path, 4096));
  return best.step === steps
    ? `${last} is the model of the last step, ${steps}, and the best: ${score}`
    : `${last} is the model of the last step, ${steps}; ${kept} is the best: ${score}`;
}

/** @param took the duration of this part of the run, if it is to be printed */
function conclude(result: TrainResult, out: string, code: number, took: string | undefined): void {
  const { file, interrupted, step, steps, taken, skipped, score, best } = result;
  for (const message of skipped) process.stderr.write(`hmsa: left out: ${printable(message, 4096)}\n`);
  if (interrupted) {
    process.stderr.write(
      `hmsa: interrupted and saved after step ${step} of ${steps}; resume with: ${program} train --resume ${printable(out, 4096)}\n`,
    );
    process.exitCode = code;
    return;
  }
  if (score !== undefined) process.stdout.write(scoreTable(score));
  if (took !== undefined) {
    const what =
      taken > 0 || score !== undefined
        ? `trained to step ${steps} in ${took}`
        : `the run was already finished, at step ${steps}`;
    if (best !== undefined) process.stderr.write(`${bestLine(result, best)}\n`);
    process.stderr.write(`${what}; try: ${program} segment PHOTO --model ${printable(file, 4096)}\n`);
  }
  process.stdout.write(`${printable(file, 4096)}\n`);
  if (skipped.length > 0) process.exitCode = ExitCode.SOME_FAILED;
}
