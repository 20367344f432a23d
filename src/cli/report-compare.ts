import { Command, Option } from 'commander';
import { printable } from '../base/errors/index.js';
import { compareReport, writeFileAtomic, writeJsonAtomic } from '../node/index.js';
import { comparisonTexts, showingComparison } from './compare.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './data/options.js';
import { type Device, devices, sessionOptions } from './model-options.js';
import { positiveNumber, sideLimit, wholeNumber } from './numbers.js';
import { checkResultFiles } from './result-file.js';
import { interruptible } from './run.js';

interface CompareReportFlags extends DataOptions {
  readonly data: string;
  readonly out: string;
  readonly images?: number;
  readonly reference?: string;
  readonly maxSide?: number | 'none';
  readonly device: Device;
  readonly threads?: number;
  readonly json?: string;
  readonly quiet?: boolean;
}

const help = `
The page is that of hmsa compare --html, with the images in which the models differ most: the first model against each other one.

${kindHelp()}

Examples:
  hmsa report compare out/a out/b --data camvid:data/camvid
  hmsa report compare before=old.safetensors after=out/train --data folder:photos --out before-after.html`;

export function compareReportCommand(): Command {
  const command = new Command('compare')
    .description(
      'Models or runs side by side: differences by class with intervals, and the images that differ most.',
    )
    .argument('<MODELS...>', 'NAME=FILE or NAME=FOLDER, two or more, or the folder of an ablation')
    .requiredOption('--data <KIND:PATH>', 'the data set')
    .option('--out <FILE>', 'the page', 'comparison.html')
    .option('--images <N>', 'images to show (default: 8)', wholeNumber)
    .option('--reference <NAME>', 'as in hmsa compare')
    .option('--max-side <PIXELS>', 'as in hmsa evaluate', sideLimit)
    .addOption(new Option('--device <NAME>', 'where to run').choices(devices).default('cpu'))
    .option('--threads <N>', 'threads of the CPU kernels (default: the number of cores)', positiveNumber)
    .option('--json <FILE>', 'also write everything as JSON')
    .option('--quiet', 'no progress')
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help);
  return addDataOptions(command).action(run);
}

async function run(models: string[], flags: CompareReportFlags): Promise<void> {
  const { out, json, images, reference, maxSide, quiet = false, data } = flags;
  await checkResultFiles(['--out', out, 'page'], ['--json', json, 'comparison']);
  const { html, comparison } = await interruptible((signal) =>
    showingComparison(quiet, signal, (hooks) =>
      compareReport(
        {
          data,
          dataOptions: openOptions(dataOptionsOf(flags)),
          models,
          session: sessionOptions(flags),
          ...(reference !== undefined && { reference }),
        },
        { timedImages: 0, ...(maxSide !== undefined && { maxSide }) },
        hooks,
        images,
      ),
    ),
  );
  if (json !== undefined) await writeJsonAtomic(json, comparison);
  await writeFileAtomic(out, html);
  process.stdout.write(comparisonTexts(comparison));
  process.stdout.write(`${printable(out, 4096)}\n`);
}

function dataOptionsOf({ split, groups, classes, seed, followLinks }: CompareReportFlags): DataOptions {
  return {
    ...(split !== undefined && { split }),
    ...(groups && { groups }),
    ...(classes !== undefined && { classes }),
    ...(seed !== undefined && { seed }),
    ...(followLinks && { followLinks }),
  };
}
