import { Command, Option } from 'commander';
import { bytesText } from '../base/bytes-text.js';
import { printable, program } from '../base/errors/index.js';
import { keepingPictures, resumeTraining, type TrainResult, train } from '../node/index.js';
import { presetLines } from '../training/index.js';
import { type AblationFlags, addAblationOptions, refuseAblationFlags, trainAblation } from './ablation.js';
import { collect, furtherSetsHelp } from './data/further-sets.js';
import { addDataOptions, kindHelp } from './data/options.js';
import { scoreTable } from './evaluate.js';
import { devices } from './model-options.js';
import { positiveNumber } from './numbers.js';
import { duration, quietFlag } from './progress.js';
import { ExitCode, exitCodeOf, interruptible } from './run.js';
import { addConfigOptions, configText } from './train-config.js';
import {
  changesOf,
  configAlone,
  refuseContradictions,
  requestOf,
  SHIPPED,
  type TrainFlags,
} from './train-request.js';
import { showingProgress } from './training-progress.js';
import { portNumber, refuseWatchedAblation, type WatchFlag, watchHelp, watching } from './watch.js';

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
  hmsa train --data cityscapes:data/cityscapes --preset replication-3scale --memory 6GB
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
    .option(
      '--init-entry <NAME>',
      'the entry of the file --init that holds the weights, such as state_dict_ema (default: found; see hmsa import --help)',
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
      'resume an interrupted run; everything but --validation, --skip-bad, --tensorboard, --watch and --feature-cache comes from its folder',
    );
  addAblationOptions(command)
    .option(...quietFlag)
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help);
  addDataOptions(command, { withSeed: false });
  return command.action(run);
}

/** Whether a page shows the run, and on which port. */
interface WatchFlags {
  readonly watch?: WatchFlag;
}

async function run(flags: TrainFlags & AblationFlags & WatchFlags): Promise<void> {
  const { watch, ...others } = flags;
  const { resume, quiet = false } = flags;
  if (resume !== undefined) refuseContradictions(others);
  if (flags.printConfig) {
    process.stdout.write(configText(await configAlone(flags)));
    return;
  }
  if (flags.ablation) refuseWatchedAblation(watch);
  if (flags.ablation) return trainAblation(flags);
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
  const { file, interrupted, step, steps, taken, skipped, score, best, memory } = result;
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
    if (memory !== undefined && taken > 0)
      process.stderr.write(
        `memory: ${bytesText(memory.peak)} at the peak, ${bytesText(memory.predicted)} predicted\n`,
      );
    if (best !== undefined) process.stderr.write(`${bestLine(result, best)}\n`);
    process.stderr.write(`${what}; try: ${program} segment PHOTO --model ${printable(file, 4096)}\n`);
  }
  process.stdout.write(`${printable(file, 4096)}\n`);
  if (skipped.length > 0) process.exitCode = ExitCode.SOME_FAILED;
}
