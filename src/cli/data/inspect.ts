import { Command } from 'commander';
import { inspect, inspectPage, writeFileAtomic, writeJsonAtomic } from '../../node/index.js';
import { Progress } from '../progress.js';
import { ExitCode, interruptible } from '../run.js';
import { inspectTable } from './inspect-table.js';
import { addDataOptions, type DataOptions, kindHelp, openOptions } from './options.js';

interface InspectFlags extends DataOptions {
  readonly json?: string;
  readonly html?: string;
  readonly quiet?: boolean;
}

const help = `
Reads every photograph and label. Exit code 0: nothing would break training or evaluation; 1: some files would,
and each is named (unreadable, other size than its photograph, labels outside the class map, no counterpart,
nearly equal to a photograph of another split, a link out of the folder).

${kindHelp()}

Examples:
  hmsa data inspect camvid:data/camvid
  hmsa data inspect cityscapes:/data/cityscapes --split val --html cityscapes.html
  hmsa data inspect folder:my-photos --classes classes.json --json report.json

A classes.json (it may also lie in the folder itself):
  {"classes": [{"name": "road", "id": 1, "color": "#804080"}, {"name": "sky", "id": 2}],
   "void": [{"name": "unlabelled", "id": 0}]}`;

export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('Say what is in a data set, and name every file that would break training or evaluation.')
    .argument('<KIND:PATH>', 'the data set')
    .option('--json <FILE>', 'write the report as JSON')
    .option('--html <FILE>', 'write the report as a page with small pictures and coloured masks')
    .option('--quiet', 'no progress')
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help);
  return addDataOptions(command).action(run);
}

async function run(spec: string, flags: InspectFlags): Promise<void> {
  const { json, html, quiet = false, ...data } = flags;
  const progress = new Progress('Inspecting', quiet);
  const { report, pictures } = await interruptible((signal) =>
    inspect(spec, {
      ...openOptions(data),
      pictures: html !== undefined,
      signal,
      onProgress: (done, total) => progress.update(done, total),
    }),
  ).finally(() => progress.end());
  if (json !== undefined) await writeJsonAtomic(json, report);
  if (html !== undefined) await writeFileAtomic(html, inspectPage(report, pictures));
  process.stdout.write(inspectTable(report, { color: process.stdout.isTTY && !process.env.NO_COLOR }));
  process.exitCode = report.faults.length === 0 ? ExitCode.DONE : ExitCode.ERROR;
}
