import { Command } from 'commander';
import { printable } from '../../base/errors/index.js';
import { inspect, inspectPage, writeFileAtomic, writeJsonAtomic } from '../../node/index.js';
import { positiveNumber } from '../numbers.js';
import { Progress, quietFlag } from '../progress.js';
import { checkResultFiles } from '../result-file.js';
import { ExitCode, interruptible } from '../run.js';
import { inspectTable } from './inspect-table.js';
import { addDataOptions, addDataSet, type DataOptions, dataSetOf, kindHelp, openOptions } from './options.js';

interface InspectFlags extends DataOptions {
  readonly data?: string;
  readonly leastSide?: number;
  readonly json?: string;
  readonly html?: string;
  readonly quiet?: boolean;
}

const help = `
Reads every photograph and label. Exit code 0: training and evaluation use all files; 1: they would refuse or leave
out some files, and each is named (unreadable, other size than its photograph, labels outside the class map, no
counterpart, too small to be scored, nearly equal to a photograph of another split, a link out of the folder), or there
is no split to train on.

${kindHelp()}

Examples:
  hmsa data inspect --data camvid:data/camvid
  hmsa data inspect --data cityscapes:/data/cityscapes --split val --html cityscapes.html
  hmsa data inspect --data folder:my-photos --classes classes.json --json report.json

A classes.json (it may also lie in the folder itself):
  {"classes": [{"name": "road", "id": 1, "color": "#804080"}, {"name": "sky", "id": 2}],
   "void": [{"name": "unlabelled", "id": 0}]}`;

export function inspectCommand(): Command {
  const command = addDataSet(new Command('inspect'))
    .description('Describe a data set and name every file that would break training or evaluation.')
    .option(
      '--least-side <PIXELS>',
      'the least side of an image to score: stride of the model / its smallest scale (default: 32, as in all presets)',
      positiveNumber,
    )
    .option('--json <FILE>', 'write the report as JSON')
    .option('--html <FILE>', 'write the report as a page with small pictures and coloured masks')
    .option(...quietFlag)
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help);
  return addDataOptions(command).action(run);
}

async function run(positional: string | undefined, flags: InspectFlags): Promise<void> {
  const { json, html, quiet = false, leastSide } = flags;
  const spec = dataSetOf(positional, flags);
  await checkResultFiles(['--json', json, 'inspection'], ['--html', html, 'page']);
  const progress = new Progress('Inspecting', quiet);
  const { report, pictures } = await interruptible((signal) =>
    inspect(spec, {
      ...openOptions(flags),
      ...(leastSide !== undefined && { leastSide }),
      pictures: html !== undefined,
      signal,
      onProgress: (done, total) => progress.update(done, total),
    }),
  ).finally(() => progress.end());
  const wrote = (path: string, what: string) => {
    if (!quiet) process.stderr.write(`Wrote ${printable(path, 4096)}: ${what}\n`);
  };
  if (json !== undefined) {
    await writeJsonAtomic(json, report);
    wrote(json, 'the report as JSON');
  }
  if (html !== undefined) {
    await writeFileAtomic(html, inspectPage(report, pictures));
    wrote(html, 'the report as a page, for a browser');
  }
  process.stdout.write(inspectTable(report, { color: process.stdout.isTTY && !process.env.NO_COLOR }));
  process.exitCode = report.faults.length === 0 ? ExitCode.DONE : ExitCode.ERROR;
}
