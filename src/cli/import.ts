import { Command } from 'commander';
import { counted, printable } from '../base/errors/index.js';
import { classSets } from '../data/index.js';
import { isOfOtherType, type Mismatch, type NamedShape, WeightMismatch } from '../model/published/index.js';
import { sources } from '../model/sources/index.js';
import { type ImportedFile, importWeights } from '../node/index.js';
import { equalColors } from './equal-colors.js';
import { loudLines, quietFlag } from './progress.js';
import { table } from './table.js';

interface ImportFlags {
  readonly arch?: string;
  readonly entry?: string;
  readonly classes?: string;
  readonly to?: string;
  readonly partial?: boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const help = `
Takes .safetensors, PyTorch's .pth and .pt (of any version; nothing in them is executed) and .npz. The architecture is
found from the names of the tensors. The weights of a classifier alone are for train --init.

A file does not say the classes. --classes takes ${Object.keys(classSets).join(', ')}; numbered; or a file of
classes in the order of the network's outputs, such as one with a name a line.

Architectures (--arch):
${archHelp()}

Examples:
  hmsa import cityscapes_ocrnet.pth --classes cityscapes
  hmsa import deeplabv3.pth --classes my-classes.txt --to out/deeplabv3.safetensors
  hmsa import checkpoint.pth --entry state_dict_ema --classes voc`;

export function importCommand(): Command {
  return new Command('import')
    .description('Make a model of published weights: of PyTorch, torchvision, and others.')
    .argument('<FILE>', 'the weights')
    .option('--arch <NAME>', 'the architecture (default: found from the tensors)')
    .option(
      '--entry <NAME>',
      "the entry of the file that holds the weights, such as state_dict_ema (default: found); dots lead further, and into the tensors' names",
    )
    .option('--classes <FILE|SET>', "the classes, in the order of the network's outputs")
    .option('--to <FILE>', 'the model file to write (default: FILE with the ending .hmsa.safetensors)')
    .option(
      '--partial',
      'take what fits; what is missing or has another shape starts from its initial values',
    )
    .option('--overwrite', 'replace a file that is there')
    .option('--json', 'print what was taken and written as JSON')
    .option(...quietFlag)
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help)
    .action(run);
}

async function run(file: string, flags: ImportFlags): Promise<void> {
  const { arch, entry, classes, to, partial, overwrite, json = false, quiet = false } = flags;
  try {
    const report = await importWeights(file, {
      ...(arch === undefined ? {} : { arch }),
      ...(entry === undefined ? {} : { entry }),
      ...(classes === undefined ? {} : { classes }),
      ...(to === undefined ? {} : { to }),
      ...(partial === undefined ? {} : { partial }),
      ...(overwrite === undefined ? {} : { overwrite }),
    });
    process.stderr.write(
      lines([...loudLines(notes(report), quiet), ...(quiet ? [] : mismatchTable(report))]),
    );
    process.stdout.write(json ? asJson(report) : lines([printable(report.file, 4096)]));
  } catch (error) {
    if (error instanceof WeightMismatch) {
      if (json) process.stdout.write(asJson(error.mismatch));
      else process.stderr.write(lines(mismatchTable(error.mismatch)));
    }
    throw error;
  }
}

/** What was taken and how it was understood, a line each. */
function notes(report: ImportedFile): string[] {
  const { source, config, classes, taken, spare, format, alsoFits, missing, misshaped, unexpected } = report;
  const { trunk, head, attention, mean, deviation } = config;
  const alike = equalColors(classes);
  const anew = missing.length + misshaped.length;
  return [
    `${format}: ${source.title} (${source.name})`,
    ...report.notes,
    ...(alsoFits.length === 0
      ? []
      : [`the tensors also fit ${alsoFits.map(alsoText).join(', ')}: if it is that, name it with --arch`]),
    `trunk ${trunk.name}, head ${head.name}, attention ${attention.name}, scales ${config.scales.join(', ')}`,
    `${counted(taken.tensors, 'tensor')} of ${counted(taken.numbers, 'number')} taken` +
      (spare === 0 ? '' : `; ${count(spare)} left out that a model does not need`),
    `pixels: mean ${mean.join(', ')}, deviation ${deviation.join(', ')}, as that code normalises them`,
    `classes: ${classes.names.length}: ${classes.names.map((name) => printable(name, 60)).join(', ')}`,
    ...(alike === undefined ? [] : [`warning: the classes ${alike}: pictures do not tell them apart`]),
    ...(anew === 0
      ? []
      : [
          `warning: ${counted(anew, 'tensor')} ${anew === 1 ? 'starts from its initial value' : 'start from their initial values'}; the model labels well only after training`,
        ]),
    ...(unexpected.length === 0
      ? []
      : [
          `warning: ${counted(unexpected.length, 'tensor')} of the file ${unexpected.length === 1 ? 'was' : 'were'} not taken`,
        ]),
  ];
}

/** `smp-deeplabv3plus-stride8 (DeepLabV3Plus of segmentation_models.pytorch with encoder_output_stride=8)` */
function alsoText(name: string): string {
  return `${name} (${sources.find((source) => source.name === name)?.title ?? name})`;
}

/** Rows of each kind that are listed; `--json` has all. */
const LISTED = 30;

/** How a file differs from its architecture. */
function mismatchTable({ missing, unexpected, misshaped }: Mismatch): string[] {
  const section = <T extends NamedShape>(
    kind: string,
    list: readonly T[],
    cells: (entry: T) => readonly string[],
  ) => {
    const rows = list.slice(0, LISTED).map((entry) => [kind, printable(entry.name, 100), ...cells(entry)]);
    const more = list.length - LISTED;
    return more > 0 ? [...rows, [kind, `and ${more} more`]] : rows;
  };
  const both = ({ shape, received }: Mismatch['misshaped'][number]) => [`[${shape}]`, received];
  const rows = [
    ...section('missing', missing, ({ shape }) => [`[${shape}]`]),
    ...section('unexpected', unexpected, ({ shape }) => ['', `[${shape}]`]),
    ...section(
      'other shape',
      misshaped.filter((one) => !isOfOtherType(one)),
      both,
    ),
    ...section('other type', misshaped.filter(isOfOtherType), both),
  ];
  return rows.length === 0 ? [] : table([['', 'tensor', 'needed', 'in the file'], ...rows], 'llll');
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${printable(text, 4096)}\n`).join('');
}

function count(value: number): string {
  return value.toLocaleString('en');
}

/** The architectures, one a line. */
function archHelp(): string {
  const width = Math.max(0, ...sources.map(({ name }) => name.length));
  return sources.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`).join('\n');
}
