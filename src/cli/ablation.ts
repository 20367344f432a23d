import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { HmsaError, printable } from '../base/errors/index.js';
import {
  type AblationPart,
  ablationParts,
  runAblation,
  writeFileAtomic,
  writeJsonAtomic,
} from '../node/index.js';
import { comparisonPage } from '../report/pages/index.js';
import { comparing, comparisonTexts } from './compare.js';
import { sessionOptions } from './model-options.js';
import { positiveNumber, scaleList } from './numbers.js';
import { exitCodeOf, interruptible } from './run.js';
import { requestOf, sayUnless, type TrainFlags } from './train-request.js';
import { showingProgress } from './training-progress.js';

/** The options of `hmsa train` that concern an ablation. */
export interface AblationFlags {
  readonly ablation?: boolean;
  readonly scales?: number[][];
  readonly arms?: AblationPart[];
  readonly seeds?: number;
}

export function addAblationOptions(command: Command): Command {
  return command
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
    .option('--seeds <N>', 'with --ablation: seeds of each arm (default: 1)', positiveNumber);
}

/** Trains all arms of an ablation, then compares them on the split to score. */
export async function trainAblation(flags: TrainFlags & AblationFlags): Promise<void> {
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
export function refuseAblationFlags(flags: AblationFlags): void {
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
