import { createHash } from 'node:crypto';
import { basename, dirname, extname, join } from 'node:path';
import { checkArgument } from '../../base/errors/index.js';
import { checkNamed, flag, text } from '../../base/schema/index.js';
import type { Size } from '../../data/index.js';
import { decodeModel } from '../../model/file/index.js';
import { type Combination, checkedScales } from '../../model/index.js';
import { publishedWeights } from '../../model/published/index.js';
import { writeSafetensors } from '../../model/weights/index.js';
import {
  type ExportedOutputs,
  exportOnnx,
  neededMemory,
  type OnnxExportOptions,
} from '../../prediction/index.js';
import { checkReplaceable, writeFileAtomic } from '../files/index.js';
import { version } from '../version.js';
import { memoryForPredictions, readModelFile } from './load-model.js';

/** Options of {@link exportOnnxFile}. */
export interface ExportOnnxFileOptions
  extends Pick<OnnxExportOptions, 'scales' | 'combine' | 'size' | 'outputs'> {
  /** The file to write; default: the name of the model with the ending `.onnx`, beside it, or here for the shipped model. */
  readonly out?: string;
  /** Whether to replace a file that is no ONNX file of hmsa. The model itself is never replaced. */
  readonly overwrite?: boolean;
}

/** What an export has written. */
export interface ExportedFile {
  readonly file: string;
  readonly bytes: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  /** The model that it was made from, and its SHA-256. */
  readonly model: { readonly file: string; readonly sha256: string };
}

/** What {@link exportOnnxFile} has written. */
export interface ExportedOnnx extends ExportedFile {
  readonly scales: readonly number[];
  readonly combine: Combination;
  /** `dynamic` where the file takes images of any size. */
  readonly size: Size | 'dynamic';
  readonly outputs: ExportedOutputs;
  /** Bytes of memory that a run takes, about, and whether this machine has them; only where the file has one size. */
  readonly memory?: { readonly bytes: number; readonly isHere: boolean };
}

const shape = { out: text, overwrite: flag };

/**
 * Writes a model file, or the shipped model where none is named, as one ONNX file, see {@link exportOnnx}. Its metadata name
 * the version of hmsa and the SHA-256 of the model.
 *
 * @throws HmsaError when the model cannot be read, the options do not fit it, or the place holds a file of another kind
 */
export async function exportOnnxFile(
  model?: string,
  options: ExportOnnxFileOptions = {},
): Promise<ExportedOnnx> {
  const expected = 'the path of a model file, or nothing for the shipped model';
  checkArgument(model === undefined || typeof model === 'string', 'exportOnnxFile', expected, model);
  checkNamed(shape, options, 'exportOnnxFile');
  const { out, overwrite = false, ...choice } = options;
  const { file: source, content } = await readModelFile(model);
  const decoded = decodeModel(content, source);
  const file = out ?? exportPath(model, source, '.onnx');
  const own = 'an ONNX file that hmsa has written';
  await checkReplaceable(file, { overwrite, inputs: [source], isOwn: isOwnOnnx, own });
  const modelHash = sha256(content);
  const bytes = exportOnnx(decoded, {
    ...choice,
    version,
    provenance: { hmsa_version: version, model_sha256: modelHash },
  });
  await writeFileAtomic(file, bytes);
  const { size, combine = 'hierarchical', outputs = 'labels' } = choice;
  const { config } = decoded;
  const scales = checkedScales(config, { scales: choice.scales ?? config.scales, combine });
  const only = size === undefined ? undefined : { width: size[1], height: size[0] };
  const needed = only && neededMemory(config, only, { scales, combine });
  return {
    file,
    bytes: bytes.length,
    sha256: sha256(bytes),
    model: { file: source, sha256: modelHash },
    scales,
    combine,
    size: only ?? 'dynamic',
    outputs,
    ...(needed === undefined
      ? {}
      : { memory: { bytes: Math.ceil(needed), isHere: needed <= memoryForPredictions() } }),
  };
}

/** Options of {@link exportTorchFile}. */
export interface ExportTorchFileOptions {
  /** The name of the architecture's source; default: the one whose architecture the model has. */
  readonly arch?: string;
  /** The file to write; default: the name of the model with the ending `.SOURCE.safetensors`, beside it. */
  readonly out?: string;
  /** Whether to replace a file that is no such export. The model itself is never replaced. */
  readonly overwrite?: boolean;
}

/** What {@link exportTorchFile} has written. */
export interface ExportedTorch extends ExportedFile {
  /** Whose names the weights have: the name of the source, and for people. */
  readonly source: { readonly name: string; readonly title: string };
  readonly tensors: number;
}

/**
 * Writes the weights of a model file under the names of the published architecture that it has, as `.safetensors`. The
 * original code in PyTorch loads them: `network.load_state_dict(safetensors.torch.load_file(FILE))`.
 *
 * @throws HmsaError when the model cannot be read, is of no published architecture, or the place holds a file of another
 *   kind
 */
export async function exportTorchFile(
  model?: string,
  options: ExportTorchFileOptions = {},
): Promise<ExportedTorch> {
  const expected = 'the path of a model file, or nothing for the shipped model';
  checkArgument(model === undefined || typeof model === 'string', 'exportTorchFile', expected, model);
  checkNamed({ ...shape, arch: text }, options, 'exportTorchFile');
  const { arch, out, overwrite = false } = options;
  const { file: source, content } = await readModelFile(model);
  const decoded = decodeModel(content, source);
  const published = publishedWeights(decoded, arch);
  const file = out ?? exportPath(model, source, `.${published.source.name}.safetensors`);
  const own = 'an earlier export';
  await checkReplaceable(file, { overwrite, inputs: [source], isOwn: isOwnTorch, own });
  const modelHash = sha256(content);
  const { names, colors } = decoded.classes;
  const { mean, deviation, scales } = decoded.config;
  const metadata = new Map([
    ['format', 'pt'],
    [EXPORTED_BY, OWN_EXPORT],
    ['arch', published.source.name],
    ['classes', JSON.stringify(names.map((name, label) => ({ label, name, color: colors[label] })))],
    ['mean', JSON.stringify(mean)],
    ['deviation', JSON.stringify(deviation)],
    ['scales', JSON.stringify(scales)],
    ['hmsa_version', version],
    ['model_sha256', modelHash],
  ]);
  const bytes = writeSafetensors({ tensors: published.tensors, metadata });
  await writeFileAtomic(file, bytes);
  return {
    file,
    bytes: bytes.length,
    sha256: sha256(bytes),
    model: { file: source, sha256: modelHash },
    source: published.source,
    tensors: published.tensors.size,
  };
}

const EXPORTED_BY = 'exported_by';
const OWN_EXPORT = 'hmsa export';

/** The header of a `.safetensors` file begins with its metadata. */
function isOwnTorch(beginning: Uint8Array): boolean {
  const text = new TextDecoder().decode(beginning.subarray(8));
  return text.startsWith('{"__metadata__":{') && text.includes(`"${EXPORTED_BY}":"${OWN_EXPORT}"`);
}

/** Where an export goes that has no name of its own. @param ending such as `.onnx` */
function exportPath(model: string | undefined, source: string, ending: string): string {
  const name = `${basename(source, extname(source))}${ending}`;
  return model === undefined ? name : join(dirname(model), name);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The first fields of an ONNX file: its version, and who has produced it. */
const ONNX_BEGINNING = Buffer.from('080a1204686d7361', 'hex');

function isOwnOnnx(beginning: Uint8Array): boolean {
  return ONNX_BEGINNING.equals(beginning.subarray(0, ONNX_BEGINNING.length));
}
