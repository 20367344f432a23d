import { Command, InvalidArgumentError, Option } from 'commander';
import { counted, HmsaError, printable } from '../base/errors/index.js';
import { type ExportedOnnx, type ExportedTorch, exportOnnxFile, exportTorchFile } from '../node/index.js';
import { exportedOutputs } from '../prediction/index.js';
import { combinations, type PredictionFlags, scalesText } from './model-options.js';
import { scaleList, wholeNumber } from './numbers.js';
import { quietFlag } from './progress.js';

interface ExportFlags extends Partial<Pick<PredictionFlags, 'scales' | 'combine' | 'quiet'>> {
  readonly model?: string;
  readonly to: 'onnx' | 'torch';
  readonly arch?: string;
  readonly size?: readonly [number, number] | 'dynamic';
  readonly output?: (typeof exportedOutputs)[number];
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

const help = `
The ONNX file holds the whole model: it resizes the image to every scale, runs the network, combines the scales by attention
and takes the best class. It takes an RGB image as uint8 [1, H, W, 3] and gives labels as uint8 [1, H, W]. Its metadata
hold the classes with their colours, the scales, and what it was made from. docs/export.md has programs for Python, Node
and the browser.

Unlike hmsa segment, the file does not reduce large photographs.

--to torch writes a .safetensors file of the weights alone, by the names of the published code whose architecture the model
has, such as that of the paper's authors. PyTorch loads it strictly.

Examples:
  hmsa export --model out/train/model.safetensors --to onnx
  hmsa export --model out/train/model.safetensors --to onnx --scales 0.5,1,2 --size 720x1280 --out street.onnx
  hmsa export --model hrnet.hmsa.safetensors --to torch`;

export function exportCommand(): Command {
  return new Command('export')
    .description('Write a model as a file for other programs.')
    .option(
      '--model <MODEL>',
      'a model file, or the folder of a training run (default: the shipped model, for street scenes)',
    )
    .addOption(new Option('--to <FORMAT>', 'what to write').choices(['onnx', 'torch']).default('onnx'))
    .option(
      '--scales <LIST>',
      'scales of the image, such as 0.5,1,2 (default: those the model was trained on)',
      scaleList,
    )
    .addOption(
      new Option('--combine <HOW>', 'how the scales become one prediction (default: hierarchical)').choices(
        combinations,
      ),
    )
    .option(
      '--size <HxW>',
      'height and width of the images, such as 720x1280; dynamic: any (default: dynamic)',
      imageSize,
    )
    .addOption(
      new Option(
        '--output <WHAT>',
        "what the file computes; all: labels, logits, and each scale's labels and attention (default: labels)",
      ).choices(exportedOutputs),
    )
    .option('--arch <NAME>', 'with --to torch: whose names (default: of the architecture that the model has)')
    .option(
      '--out <FILE>',
      'the file to write (default: the name of the model with another ending, beside it)',
    )
    .option('--overwrite', 'replace a file that hmsa export has not written')
    .option('--json', 'print what was written as JSON')
    .option(...quietFlag)
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help)
    .action(run);
}

async function run(flags: ExportFlags): Promise<void> {
  const { model, to, out, overwrite, json = false, quiet = false } = flags;
  const place = {
    ...(out === undefined ? {} : { out }),
    ...(overwrite === undefined ? {} : { overwrite }),
  };
  refuseFlagsOf(to, flags);
  const { report, note } = await (to === 'onnx' ? toOnnx(model, flags, place) : toTorch(model, flags, place));
  if (!quiet) process.stderr.write(`${note}\n`);
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${printable(report.file, 4096)}\n`);
}

type Place = { readonly out?: string; readonly overwrite?: boolean };

async function toOnnx(model: string | undefined, flags: ExportFlags, place: Place) {
  const { scales, combine, size, output } = flags;
  const report = await exportOnnxFile(model, {
    ...place,
    ...(scales === undefined ? {} : { scales }),
    ...(combine === undefined ? {} : { combine }),
    ...(size === undefined || size === 'dynamic' ? {} : { size }),
    ...(output === undefined ? {} : { outputs: output }),
  });
  return { report, note: onnxNote(report) };
}

async function toTorch(model: string | undefined, { arch }: ExportFlags, place: Place) {
  const report = await exportTorchFile(model, { ...place, ...(arch === undefined ? {} : { arch }) });
  return { report, note: torchNote(report) };
}

/** @throws HmsaError that names a flag which has no meaning for the format */
function refuseFlagsOf(to: ExportFlags['to'], flags: ExportFlags): void {
  const others = to === 'onnx' ? (['arch'] as const) : (['scales', 'combine', 'size', 'output'] as const);
  const name = others.find((other) => flags[other] !== undefined);
  if (name === undefined) return;
  throw new HmsaError({
    operation: `--${name}`,
    expected: `an export --to ${to === 'onnx' ? 'torch' : 'onnx'}`,
    received: `--to ${to}`,
    remedy: 'Leave it out.',
  });
}

/** What the file is for, in one line. */
function onnxNote({ size, scales, combine, outputs, bytes, memory }: ExportedOnnx): string {
  const images = size === 'dynamic' ? 'of any size' : `${size.width} wide and ${size.height} high`;
  const gives = outputs === 'all' ? "labels, logits, and each scale's own" : outputs;
  const place = memory?.isHere === false ? ', more than hmsa segment would take on this machine' : '';
  const needs = memory && `; a run takes about ${(memory.bytes / 1e9).toFixed(1)} GB of memory${place}`;
  return (
    `ONNX file of ${(bytes / 1e6).toFixed(1)} MB: takes RGB images ${images}, gives ${gives}; ` +
    `${scalesText(combine, scales)}${needs ?? ''}`
  );
}

function torchNote({ source, tensors, bytes }: ExportedTorch): string {
  return `${counted(tensors, 'tensor')}, ${(bytes / 1e6).toFixed(1)} MB, by the names of ${source.title} (${source.name})`;
}

/** `720x1280`, the height first as in the shape of an array, or `dynamic`. */
function imageSize(text: string): readonly [number, number] | 'dynamic' {
  if (text === 'dynamic') return text;
  const [height, width, ...rest] = text.split('x');
  if (width === undefined || rest.length > 0)
    throw new InvalidArgumentError(
      'The height, an x and the width are needed, such as 720x1280, or dynamic.',
    );
  return [wholeNumber(height!), wholeNumber(width)];
}
