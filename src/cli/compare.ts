import { Command, InvalidArgumentError } from 'commander';
import type { Comparison } from '../evaluation/comparison/index.js';
import { type ComparisonHooks, compare, writeFileAtomic, writeJsonAtomic } from '../node/index.js';
import { comparisonPage } from '../report/pages/index.js';
import { comparisonText, replicationTables } from './comparison-table.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './data/options.js';
import type { Device } from './model-options.js';
import { addSizeAndSessionOptions, sessionOptions } from './model-options.js';
import { positiveNumber, scaleList, wholeNumber } from './numbers.js';
import { Progress, sayData } from './progress.js';
import { checkResultFiles } from './result-file.js';
import { interruptible } from './run.js';

interface CompareFlags extends DataOptions {
  readonly data: string;
  readonly scales?: number[][];
  readonly reference?: string;
  readonly block?: number;
  readonly boundary?: number;
  readonly timed?: number;
  readonly maxSide?: number | 'none';
  readonly device: Device;
  readonly threads?: number;
  readonly json?: string;
  readonly html?: string;
  readonly quiet?: boolean;
}

const help = `
MODEL is a model file, the folder of a run, or the folder of an ablation (hmsa train --ablation), each with or without a
name before it: NAME=MODEL. Models that are given one name differ in their seed, and intervals then cover the seeds as well. Networks
of one scale each that share a name are joined, so that their scales can be averaged.

Every model is scored in each way that it can label: each scale alone, the average and the maximum of its scales, its
attention, at the scales that it was trained on and at others, and an oracle that takes at each pixel a scale that is
right, wherever one is. Each scale of an image is computed once for all of these.

${kindHelp()}

Examples:
  hmsa compare --data camvid:data/camvid
  hmsa compare --data camvid:data/camvid equal=out/equal hierarchy=out/hierarchy --reference equal --html out/compare.html
  hmsa compare --data camvid:data/camvid out/ablation --json out/compare.json`;

export function compareCommand(): Command {
  const command = new Command('compare')
    .description('Compare models, their single scales and the ways to combine them: what is attention worth?')
    .argument('[MODELS...]', 'NAME=FILE or NAME=FOLDER (default: the shipped model)')
    .requiredOption('--data <KIND:PATH>', 'the data set')
    .option(
      '--scales <LIST>',
      'scales to combine beside those a model was trained on, such as 0.5,1,2; may be given several times (default: 0.5,1 and 1,2 and 0.5,1,2)',
      (text: string, before: number[][] | undefined) => [...(before ?? []), scaleList(text)],
    )
    .option(
      '--reference <NAME>',
      'the model whose single scales and average the combinations have to beat, such as one trained for as long without attention (default: the same model)',
    )
    .option(
      '--block <FRAMES>',
      'frames in a block of the bootstrap (default: about 24 blocks)',
      positiveNumber,
    )
    .option(
      '--boundary <SHARE>',
      'width of boundaries as a share of the diagonal (default: 0.005)',
      shareOfDiagonal,
    )
    .option('--timed <N>', 'images on which each way is timed alone; 0 for none (default: 3)', wholeNumber)
    .option('--json <FILE>', 'write everything as JSON')
    .option('--html <FILE>', 'write a page')
    .addHelpText('after', help);
  return addDataOptions(addSizeAndSessionOptions(command)).action(run);
}

async function run(models: string[], flags: CompareFlags): Promise<void> {
  const { json, html, quiet = false, block, boundary, timed, scales, maxSide, reference } = flags;
  await checkResultFiles(['--json', json, 'comparison'], ['--html', html, 'page']);
  const comparison = await interruptible((signal) =>
    comparing(
      {
        data: flags.data,
        dataOptions: openOptions(flags),
        models,
        session: sessionOptions(flags),
        ...(reference !== undefined && { reference }),
      },
      {
        ...(scales && { scales }),
        ...(block !== undefined && { blockLength: block }),
        ...(boundary !== undefined && { boundaryRatio: boundary }),
        ...(timed !== undefined && { timedImages: timed }),
        ...(maxSide !== undefined && { maxSide }),
      },
      quiet,
      signal,
    ),
  );
  if (json !== undefined) await writeJsonAtomic(json, comparison);
  if (html !== undefined) await writeFileAtomic(html, comparisonPage(comparison));
  process.stdout.write(comparisonTexts(comparison));
}

/** Compares, with progress on stderr. */
export function comparing(
  request: Parameters<typeof compare>[0],
  options: Parameters<typeof compare>[1],
  quiet: boolean,
  signal: AbortSignal,
): Promise<Comparison> {
  return showingComparison(quiet, signal, (hooks) => compare(request, options, hooks));
}

/** Gives a comparison hooks that show its progress on stderr. */
export async function showingComparison<T>(
  quiet: boolean,
  signal: AbortSignal,
  task: (hooks: ComparisonHooks) => Promise<T>,
): Promise<T> {
  const checking = new Progress('Checking', quiet);
  const progress = new Progress('Comparing', quiet);
  try {
    return await task({
      signal,
      onChecked: (done, total) => checking.update(done, total),
      onData(taken, warnings) {
        checking.end();
        sayData(quiet)(taken, warnings);
      },
      onProgress: (done, total) => progress.update(done, total),
    });
  } finally {
    checking.end();
    progress.end();
  }
}

/** The table of a comparison and, if it is known how long the networks were trained, those of the replication. */
export function comparisonTexts(comparison: Comparison): string {
  return [comparisonText(comparison), replicationTables(comparison)].filter((text) => text !== '').join('\n');
}

function shareOfDiagonal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value < 1))
    throw new InvalidArgumentError('A number between 0 and 1 is needed, such as 0.005.');
  return value;
}
