import { Command, Option } from 'commander';
import { HmsaError, printable } from '../errors/index.js';
import { readTrainConfig, resumeTraining, type TrainResult, train } from '../node/index.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './data/options.js';
import { scoreTable } from './evaluate.js';
import { type Device, devices } from './model-options.js';
import { positiveNumber, wholeNumber } from './numbers.js';
import { duration } from './progress.js';
import { ExitCode, exitCodeOf, interruptible } from './run.js';
import { showingProgress } from './training-progress.js';

interface TrainFlags extends Omit<DataOptions, 'seed'> {
  readonly data?: string;
  readonly preset?: string;
  readonly config?: string;
  readonly init?: string;
  readonly out?: string;
  readonly seed?: number;
  readonly threads?: number;
  readonly device?: Device;
  readonly validation?: string;
  readonly skipBad?: boolean;
  readonly saveEvery?: string;
  readonly resume?: string;
  readonly quiet?: boolean;
}

const help = `
Presets: quick (about a minute on a tiny set), replication-2scale (the three steps), joint-2scale (end to end),
camvid-2scale (what the shipped model was trained with, from DeepLab's VOC weights).
--config lays a JSON file over the preset, such as {"batch": 2, "model": {"trunk": {"width": 0.5}}}.
Ctrl-C finishes the step, saves and says how to go on; a second Ctrl-C ends at once, and what was saved before stays.
SIGTERM and SIGHUP do as Ctrl-C does. Exit codes: 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP.

${kindHelp()}

Examples:
  hmsa train --data camvid:data/camvid --preset replication-2scale --init mobilenetv2.safetensors --out out/camvid
  hmsa train --resume out/camvid`;

export function trainCommand(): Command {
  const command = new Command('train')
    .description('Train a model on a labelled data set.')
    .option('--data <KIND:PATH>', 'the data set')
    .option('--preset <NAME>', 'the configuration to start from (default: quick)')
    .option('--config <FILE>', 'JSON that changes keys of the preset')
    .option('--init <FILE>', 'weights to start from, .safetensors: a trained model, or a pretrained trunk')
    .option('--out <DIR>', 'the folder of the run (default: out/train)')
    .option('--seed <N>', 'every random choice follows from it (default: 1)', wholeNumber)
    .option('--threads <N>', 'threads of the CPU kernels (default: the number of cores)', positiveNumber)
    .addOption(new Option('--device <NAME>', 'where to train (default: cpu)').choices(devices))
    .option('--validation <SPLIT>', 'the split that is scored, or none (default: val)')
    .option(
      '--save-every <TIME>',
      'how long a step may wait to be saved: 90s, 10m, 2h, or so many steps (default: 10m)',
    )
    .option(
      '--skip-bad',
      'list images that cannot be read or used and leave them out (exit code 2), instead of ending',
    )
    .option(
      '--resume <DIR>',
      'go on with an interrupted run; all but --validation and --skip-bad comes from its folder',
    )
    .option('--quiet', 'no progress')
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help);
  addDataOptions(command, { withSeed: false });
  return command.action(run);
}

async function run(flags: TrainFlags): Promise<void> {
  const { resume, quiet = false } = flags;
  if (resume !== undefined) refuseContradictions(flags);
  const began = performance.now();
  const { result, out, code } = await interruptible(async (signal) => {
    const out = resume ?? flags.out ?? 'out/train';
    const hooks = showingProgress(quiet, signal);
    try {
      const result =
        resume === undefined
          ? await train(await requestOf(flags), out, hooks)
          : await resumeTraining(resume, hooks, changesOf(flags));
      return { out, result, code: exitCodeOf(signal) };
    } finally {
      hooks.end();
    }
  });
  conclude(result, out, code, quiet ? undefined : duration(performance.now() - began));
}

/** What is scored and whether faults end the run does not decide what is learned, and may change on the way. */
function changesOf({ validation, skipBad }: TrainFlags) {
  return {
    ...(validation === undefined ? {} : { validationSplit: validation }),
    ...(skipBad === undefined ? {} : { skipBad }),
  };
}

/** Everything else of a resumed run comes from its folder. @throws HmsaError naming a flag that says otherwise */
function refuseContradictions({
  resume: _,
  quiet: __,
  validation: ___,
  skipBad: ____,
  ...others
}: TrainFlags): void {
  const [name] = Object.keys(others).filter((key) => key !== 'debug');
  if (name === undefined) return;
  throw new HmsaError({
    operation: '--resume',
    expected: 'nothing beside the folder but --validation and --skip-bad: all else comes from it',
    received: `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    remedy: 'Leave the flag out, or start a new run.',
  });
}

async function requestOf(flags: TrainFlags) {
  const { data, preset = 'quick', config: file, init, seed, threads, device, validation } = flags;
  if (data === undefined) {
    throw new HmsaError({
      operation: '--data',
      expected: 'KIND:PATH',
      received: 'nothing',
      remedy: 'Name the data set, such as --data camvid:data/camvid or synthetic:count=40,size=128x64.',
    });
  }
  const config = await readTrainConfig(preset, file);
  const { split, groups, classes, followLinks } = flags;
  return {
    config: seed === undefined ? config : { ...config, seed },
    data,
    dataOptions: openOptions({
      ...(split === undefined ? {} : { split }),
      ...(groups === undefined ? {} : { groups }),
      ...(classes === undefined ? {} : { classes }),
      ...(followLinks === undefined ? {} : { followLinks }),
    }),
    ...(validation === undefined ? {} : { validationSplit: validation }),
    ...(init === undefined ? {} : { init }),
    ...(flags.skipBad ? { skipBad: true } : {}),
    ...(flags.saveEvery === undefined ? {} : { saveEvery: flags.saveEvery }),
    session: {
      ...(device === undefined ? {} : { device }),
      ...(threads === undefined ? {} : { threads }),
    },
  };
}

/** @param took how long this stretch of the run took, where that is to be said */
function conclude(result: TrainResult, out: string, code: number, took: string | undefined): void {
  const { file, interrupted, step, steps, skipped, score } = result;
  for (const message of skipped) process.stderr.write(`hmsa: left out: ${printable(message, 4096)}\n`);
  if (interrupted) {
    process.stderr.write(
      `hmsa: interrupted and saved after step ${step} of ${steps}; go on with: hmsa train --resume ${printable(out, 4096)}\n`,
    );
    process.exitCode = code;
    return;
  }
  if (score !== undefined) process.stdout.write(scoreTable(score));
  if (took !== undefined)
    process.stderr.write(
      `trained to step ${steps} in ${took}; try: hmsa segment PHOTO --model ${printable(file, 4096)}\n`,
    );
  process.stdout.write(`${printable(file, 4096)}\n`);
  if (skipped.length > 0) process.exitCode = ExitCode.SOME_FAILED;
}
