import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { elementCount } from '../base/arrays.js';
import type { ClassMap, Size } from '../data/index.js';
import { decodeModel } from '../model/file/index.js';
import { declareVariables, type ModelConfig } from '../model/index.js';
import { readSafetensors } from '../model/weights/index.js';
import { readModelFile } from './jobs/index.js';
import { type DeviceReport, listDevices } from './session/index.js';
import { type ShippedModel, shippedModel } from './shipped-model.js';
import { version } from './version.js';

/** The content of a model file. */
export interface ModelReport {
  readonly file: string;
  readonly bytes: number;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
  /** Version of the file format. */
  readonly format: number;
  /** How the weights are stored. */
  readonly precision: 'float32' | 'float16';
  /** Number of layers that are stored and, on the CPU, computed in integers of 8 bits. Missing if there are none. */
  readonly quantizedLayers?: number;
  readonly config: ModelConfig;
  readonly classes: Pick<ClassMap, 'names' | 'colors' | 'ids'>;
  /** The typical size of its training photographs, if the file records it. */
  readonly imageSize?: Size;
  /** Number of values that training changes by gradients. */
  readonly parameters: number;
  /** Number of values in buffers: the running statistics of batch norm. */
  readonly buffers: number;
}

/** The description of the package's model, and the content of its file. */
export interface ShippedModelReport extends ModelReport, ShippedModel {}

/** Describes the model of the package. @throws HmsaError when it is missing or has changed */
export async function describeShippedModel(): Promise<ShippedModelReport> {
  return { ...(await describeModel()), ...(await shippedModel()) };
}

/**
 * Checks a model file and describes it. Default: the model of the package.
 *
 * @throws HmsaError that names the file when it is damaged
 */
export async function describeModel(path?: string): Promise<ModelReport> {
  const { file, content } = await readModelFile(path);
  const { config, classes, imageSize, quantization } = decodeModel(content, file);
  const { tensors, metadata } = readSafetensors(content, file);
  const count = (role: string) =>
    [...declareVariables(config).values()]
      .filter(({ variable }) => variable.attributes.role === role)
      .reduce((sum, { variable }) => sum + elementCount(variable.attributes.shape), 0);
  const isHalf = [...tensors.values()].some(({ dtype }) => dtype === 'float16');
  const { ignore: _, ...named } = classes;
  return {
    file,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    format: Number(metadata.get('formatVersion')),
    precision: isHalf ? 'float16' : 'float32',
    ...(quantization && { quantizedLayers: quantization.layers.size }),
    config,
    classes: named,
    ...(imageSize && { imageSize }),
    parameters: count('parameter'),
    buffers: count('buffer'),
  };
}

const require = createRequire(import.meta.url);

/** What this machine offers to `hmsa`. */
export interface SystemReport {
  /** Version of this package. */
  readonly hmsa: string;
  readonly node: string;
  /** Such as `linux x64`. */
  readonly platform: string;
  /** Versions of the installed packages; missing if a package is not installed. */
  readonly onnxruntime: { readonly node?: string; readonly web?: string };
  readonly cpu: {
    /** Empty if unknown. */
    readonly model: string;
    /** Number of cores that this process may use. */
    readonly cores: number;
  };
  readonly devices: readonly DeviceReport[];
}

/** Versions, cores and devices. Each device is tried, which takes a few seconds. */
export async function describeSystem(): Promise<SystemReport> {
  const [native, web] = ['onnxruntime-node', 'onnxruntime-web'].map(installedVersion);
  return {
    hmsa: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    onnxruntime: {
      ...(native === undefined ? {} : { node: native }),
      ...(web === undefined ? {} : { web }),
    },
    cpu: { model: cpus()[0]?.model.trim() ?? '', cores: availableParallelism() },
    devices: await listDevices(),
  };
}

/** Looked up by its path, because some packages do not export their package.json. */
function installedVersion(name: string): string | undefined {
  let folder: string;
  try {
    folder = dirname(require.resolve(name));
  } catch {
    return undefined;
  }
  while (dirname(folder) !== folder) {
    const file = join(folder, 'package.json');
    const content = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    if (content.name === name) return content.version;
    folder = dirname(folder);
  }
  return undefined;
}
