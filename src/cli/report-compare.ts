import { Command } from 'commander';
import { HmsaError, printable } from '../base/errors/index.js';
import { compareReport, writeFileAtomic, writeJsonAtomic } from '../node/index.js';
import { comparisonTexts, showingComparison } from './compare.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './data/options.js';
import { addSizeAndSessionOptions, type Device, sessionOptions } from './model-options.js';
import { wholeNumber } from './numbers.js';
import { checkResultFiles } from './result-file.js';
import { interruptible } from './run.js';

interface CompareReportFlags extends DataOptions {
  readonly data?: string;
  readonly out?: string;
  readonly images?: number;
  readonly safeColors?: boolean;
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
    .option('--data <KIND:PATH>', 'the data set (required)')
    .option('--out <FILE>', 'the page (default: comparison.html)')
    .option('--images <N>', 'images to show (default: 8)', wholeNumber)
    .option('--safe-colors', 'classes in colours that colour-blind people tell apart')
    .option('--reference <NAME>', 'as in hmsa compare')
    .option('--json <FILE>', 'also write everything as JSON')
    .addHelpText('after', help);
  return addDataOptions(addSizeAndSessionOptions(command)).action((models: string[], _, self: Command) => {
    // The command above reads options that both have, wherever they stand.
    refuseOthers(self);
    return run(models, self.optsWithGlobals());
  });
}

async function run(models: string[], flags: CompareReportFlags): Promise<void> {
  const {
    out = 'comparison.html',
    json,
    images,
    safeColors,
    reference,
    maxSide,
    quiet = false,
    data,
  } = flags;
  if (data === undefined) {
    throw new HmsaError({
      operation: '--data',
      expected: 'KIND:PATH, labelled images on which the models are compared',
      received: 'nothing',
      remedy: 'Name the data set, such as --data camvid:data/camvid.',
    });
  }
  await checkResultFiles(['--out', out, 'page'], ['--json', json, 'comparison']);
  const { html, comparison } = await interruptible((signal) =>
    showingComparison(quiet, signal, (hooks) =>
      compareReport(
        {
          data,
          dataOptions: openOptions(flags),
          models,
          session: sessionOptions(flags),
          ...(reference !== undefined && { reference }),
        },
        { timedImages: 0, ...(maxSide !== undefined && { maxSide }) },
        hooks,
        { ...(images !== undefined && { images }), ...(safeColors && { safeColors }) },
      ),
    ),
  );
  if (json !== undefined) await writeJsonAtomic(json, comparison);
  await writeFileAtomic(out, html);
  process.stdout.write(comparisonTexts(comparison));
  process.stdout.write(`${printable(out, 4096)}\n`);
}

/** @throws HmsaError for an option of `hmsa report` that a comparison does not have */
function refuseOthers(command: Command): void {
  const own = new Set(command.options.map((option) => option.attributeName()));
  const other = command.parent?.options.find((option) => {
    const name = option.attributeName();
    return !own.has(name) && command.parent!.getOptionValueSource(name) === 'cli';
  });
  if (other === undefined) return;
  throw new HmsaError({
    operation: 'report compare',
    expected: 'one of its options (hmsa report compare --help)',
    received: other.long ?? other.flags,
    remedy: 'Leave it out.',
  });
}
