import { Command, Option } from 'commander';
import { printable, program } from '../../base/errors/index.js';
import {
  type AutolabelReport,
  autolabel,
  type LabelledClass,
  type PhotographWay,
  photographWays,
} from '../../node/index.js';
import {
  addPredictionOptions,
  type PredictionFlags,
  predictionOptions,
  sessionOptions,
} from '../model-options.js';
import { share } from '../numbers.js';
import { Progress } from '../progress.js';
import { ExitCode, interruptible } from '../run.js';
import { table } from '../table.js';
import { addDataOptions, addDataSet, type DataOptions, dataSetOf, kindHelp, openOptions } from './options.js';
import { readThreshold } from './thresholds.js';

interface AutolabelFlags extends DataOptions, PredictionFlags {
  readonly data?: string;
  readonly model?: string;
  readonly threshold: string;
  readonly keep?: number;
  readonly photographs: PhotographWay;
  readonly out: string;
  readonly json?: boolean;
}

const help = `
Labels photographs with a trained model and writes a data set of the same layout, to train on: label files, the photographs as
hard links, and what the layout needs. A folder or list of your own becomes a folder with images/, masks/ and classes.json.
A pixel is void where the model gives its label a lower probability than --threshold. Labels that are there stay: the model
fills only what is void. (Cityscapes: what is "unlabeled"; the car that took the photograph and the like stay void.)

If --out holds an interrupted run, the same command goes on; other options are refused. autolabel.json in it records the
model, the options and the summary. Exit code 2: some photographs could not be labelled, and each is named.

--keep 0.5 lowers the threshold of each class until half of the pixels that the model gives to it are kept. A model is less sure of
thin and rare things: one threshold for all drops them, and who trains on the rest unlearns them.

--threshold road=0.95,car=0.8,0.9 gives classes their own, and 0.9 to all others. A file FILE.json holds the same:
{"road": 0.95, "car": 0.8, "*": 0.9}.

${kindHelp()}

Examples:
  hmsa data autolabel --model out/model.safetensors --data folder:photos --out photos-labelled
  hmsa data autolabel --model out/model.safetensors --data cityscapes:data/cityscapes --split train_extra --scales 0.5,1,2 --out extra
  hmsa train --data cityscapes:data/cityscapes --data cityscapes:extra@0.5`;

export function autolabelCommand(): Command {
  const command = addDataSet(new Command('autolabel'))
    .description('Label photographs with a model, as a data set to train on.')
    .option(
      '--model <MODEL>',
      'the model that labels: a file, or the folder of a training run (default: the shipped model, for street scenes)',
    )
    .requiredOption('--out <DIR>', 'the folder of the result: new, empty, or one to go on in')
    .option(
      '--threshold <P>',
      'the least probability of a label: a number, CLASS=P by comma, or a JSON file',
      '0.9',
    )
    .option('--keep <SHARE>', 'lower the threshold of a class until this share of it is kept', share)
    .addOption(
      new Option('--photographs <HOW>', 'how they get into the result; copies where links are not possible')
        .choices(photographWays)
        .default('link'),
    )
    .option('--json', 'print the summary as JSON');
  addPredictionOptions(command);
  return addDataOptions(command).addHelpText('after', help).action(run);
}

async function run(positional: string | undefined, flags: AutolabelFlags): Promise<void> {
  const { model, out, photographs, quiet = false, json = false } = flags;
  const { split, groups, classes, seed, followLinks } = flags;
  const dataOptions = openOptions({
    ...(split !== undefined && { split }),
    ...(groups !== undefined && { groups }),
    ...(classes !== undefined && { classes }),
    ...(seed !== undefined && { seed }),
    ...(followLinks !== undefined && { followLinks }),
  });
  const request = {
    data: dataSetOf(positional, flags),
    dataOptions,
    ...(model !== undefined && { model }),
    ...predictionOptions(flags),
    threshold: await readThreshold(flags.threshold),
    ...(flags.keep !== undefined && { keep: flags.keep }),
    photographs,
    session: sessionOptions(flags),
  };
  const progress = new Progress('Labelling', quiet);
  const measuring = new Progress('Finding thresholds', quiet);
  const say = (line: string) => {
    progress.end();
    process.stderr.write(`hmsa: ${line}\n`);
  };
  const report = await interruptible(async (signal) => {
    let finished = 0;
    try {
      return await autolabel(request, out, {
        signal,
        onFound(lines, warnings) {
          if (!quiet) for (const line of lines) process.stderr.write(`${line}\n`);
          for (const warning of warnings) say(`warning: ${printable(warning, 4096)}`);
        },
        onMeasured(done, total) {
          measuring.update(done, total);
          if (done === total) measuring.end();
        },
        onImage(done, total, failed) {
          if (failed === undefined) finished++;
          else say(printable(failed.message, 4096));
          progress.update(done, total);
        },
      });
    } catch (error) {
      if (signal.aborted && finished > 0)
        say(`${finished} labelled so far; the same command goes on with the others`);
      throw error;
    } finally {
      measuring.end();
      progress.end();
    }
  });
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  const { summary } = report;
  if (summary.photographs > 0 && summary.kept + summary.truth === 0)
    say('warning: the model is not sure of any pixel, so there is nothing to train on: lower --threshold');
  else if (unlearned(report).length > 0)
    say(
      `warning: next to nothing is kept of ${unlearned(report).slice(0, 8).join(', ')}, so who trains on these labels unlearns them: give them lower thresholds, or --keep 0.5`,
    );
  for (const path of report.changed)
    say(`kept as it is, because somebody has changed it: ${printable(path, 4096)}`);
  const { done, before, failed } = report;
  if (!quiet) {
    if (before > 0)
      say(`${before} of ${done + before} photographs were labelled before, and stay as they are`);
    const written = printable(report.data, 4096);
    process.stderr.write(
      `${written}: ${howPlaced(report)}; try: ${program} train --data … --data ${written}@0.5\n`,
    );
  }
  if (failed.length === 0) return;
  say(`${done + before} labelled, ${failed.length} failed; the same command tries them again`);
  process.exitCode = done + before === 0 ? ExitCode.ERROR : ExitCode.SOME_FAILED;
}

/** Classes that the model sees, of which far less is kept than of all pixels. */
function unlearned({ summary: { classes, kept, unsure } }: AutolabelReport): string[] {
  const usual = kept / (kept + unsure);
  const isSeen = ({ predicted }: LabelledClass) => predicted > 0.001 * (kept + unsure);
  return classes
    .filter((one) => isSeen(one) && (one.shareKept ?? 1) < 0.1 * usual)
    .map(({ name }) => printable(name, 60));
}

/** The summary for a terminal or a log. */
function reportText({ summary, data }: AutolabelReport): string {
  const { photographs, pixels, truth, kept, unsure, foreign, classes } = summary;
  const header = ['class', 'threshold', 'pixels before', 'pixels labelled', 'share kept', 'mean confidence'];
  const rows = classes.map((one) => [
    printable(one.name, 60),
    String(one.threshold),
    String(one.truth),
    String(one.kept),
    one.shareKept === undefined ? '' : percent(one.shareKept, 1),
    one.meanConfidence === undefined ? '' : one.meanConfidence.toFixed(3),
  ]);
  const shares = [
    `${percent(kept, pixels)} labelled`,
    `${percent(truth, pixels)} labelled before`,
    `${percent(unsure, pixels)} void, below the threshold`,
    ...(foreign > 0 ? [`${percent(foreign, pixels)} void, of classes that the set does not have`] : []),
  ];
  const noun = photographs === 1 ? 'photograph' : 'photographs';
  const line = `${photographs} ${noun} in ${printable(data, 4096)}: of the pixels ${shares.join(', ')}`;
  return `${table([header, ...rows], 'lrrrrr').join('\n')}\n${line}\n`;
}

function percent(part: number, whole: number): string {
  return `${(whole === 0 ? 0 : (100 * part) / whole).toFixed(1)}%`;
}

function howPlaced({ photographs: { linked, copied } }: AutolabelReport): string {
  if (linked + copied === 0) return 'label files without photographs';
  const parts = [
    ...(linked > 0 ? [`${linked} as hard links, which take no space`] : []),
    ...(copied > 0 ? [`${copied} copied`] : []),
  ];
  return `label files, and the photographs: ${parts.join(', ')}`;
}
