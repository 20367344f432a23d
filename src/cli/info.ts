import { Command } from 'commander';
import { HmsaError, printable } from '../base/errors/index.js';
import {
  describeModel,
  describeShippedModel,
  describeSystem,
  type ModelReport,
  type ShippedModelReport,
  type SystemReport,
} from '../node/index.js';
import { equalColors } from './equal-colors.js';

interface InfoFlags {
  readonly model?: string;
  readonly json?: boolean;
}

const help = `
The exit code is 0 whichever devices work. A bug report should begin with this.

Examples:
  hmsa info
  hmsa info out/train/model.safetensors --json`;

export function infoCommand(): Command {
  return new Command('info')
    .description('Show what is installed, which devices work here, and what a model file holds.')
    .argument('[FILE]', 'a model file (default: the shipped model)')
    .option('--model <FILE>', 'the same, as other commands take it')
    .option('--json', 'print it as JSON')
    .option('--debug', 'stack traces of errors')
    .addHelpText('after', help)
    .action(run);
}

async function run(given: string | undefined, { model, json = false }: InfoFlags): Promise<void> {
  if (given !== undefined && model !== undefined) {
    throw new HmsaError({
      operation: '--model',
      expected: 'one model file',
      received: `${model} and ${given}`,
      remedy: 'Name one of them.',
    });
  }
  const file = given ?? model;
  // The file first, so that a damaged one is reported at once.
  const models = file === undefined ? { shipped: await shipped() } : { model: await describeModel(file) };
  const system = await describeSystem();
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...system, ...models }, null, 2)}\n`);
    return;
  }
  const lines = [
    ...systemLines(system),
    ...(models.shipped === undefined ? modelLines(models.model) : shippedLines(models.shipped)),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** A damaged or missing shipped model is reported like everything else, and is not an error. */
async function shipped(): Promise<ShippedModelReport | { readonly reason: string }> {
  try {
    return await describeShippedModel();
  } catch (error) {
    if (error instanceof HmsaError) return { reason: error.message };
    throw error;
  }
}

function systemLines({ hmsa, node, platform, onnxruntime, cpu, devices }: SystemReport): string[] {
  const installed = (version: string | undefined) => version ?? 'not installed';
  return [
    `hmsa ${hmsa}, node ${node} on ${platform}`,
    `onnxruntime-node ${installed(onnxruntime.node)}, onnxruntime-web ${installed(onnxruntime.web)}`,
    `${cpu.cores} ${cpu.cores === 1 ? 'core' : 'cores'}${cpu.model === '' ? '' : `, ${printable(cpu.model)}`}`,
    'devices',
    ...devices.map(({ device, usable, reason = '' }) => row(device, usable ? 'usable' : `no: ${reason}`)),
  ];
}

function shippedLines(report: ShippedModelReport | { readonly reason: string }): string[] {
  if ('reason' in report) return ['shipped model', row('none', report.reason)];
  const { name, description, terms } = report;
  const [, ...lines] = modelLines(report);
  return [
    `shipped model ${printable(name)}`,
    row('what', description),
    row('terms', terms),
    row('path', report.file),
    ...lines,
  ];
}

function modelLines(report: ModelReport): string[] {
  const { file, bytes, sha256, format, precision, config, classes, imageSize, parameters, buffers } = report;
  const { quantizedLayers } = report;
  const { trunk, head, attention, scales, weights } = config;
  const alike = equalColors(classes);
  return [
    `model ${printable(file, 4096)}`,
    row('file', `${count(bytes)} bytes, format ${format}, ${precision}`),
    row('sha256', sha256),
    ...(quantizedLayers === undefined
      ? []
      : [row('int8', `${quantizedLayers} layers, computed with integers of 8 bits on the CPU`)]),
    row('trunk', part(trunk)),
    row('head', part(head)),
    row('attention', part(attention)),
    row(
      'scales',
      `${scales.join(', ')}, ${weights === 'shared' ? 'one network for all' : 'a network for each'}`,
    ),
    row('images', imageSize === undefined ? 'of an unknown size' : `${imageSize.width}×${imageSize.height}`),
    row('weights', `${count(parameters)} parameters, ${count(buffers)} running statistics`),
    row('classes', `${classes.names.length}: ${classes.names.join(', ')}`),
    ...(alike === undefined ? [] : [row('colours', alike)]),
  ];
}

/** `mobilenetv2 (width 1, outputStride 16)` */
function part({ name, ...settings }: { readonly name: string }): string {
  const listed = Object.entries(settings).map(([key, value]) => `${key} ${[value].flat().join('/')}`);
  return listed.length === 0 ? name : `${name} (${listed.join(', ')})`;
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(9)}  ${printable(value, 2000)}`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
