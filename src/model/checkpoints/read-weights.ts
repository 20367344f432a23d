import { checkArgument, printable } from '../../base/errors/index.js';
import { isNpy, isNpz, readNpy, readNpz } from './npy.js';
import { isPytorch, readPytorchArchive } from './pytorch-archive.js';
import { isPytorchLegacy, readPytorchLegacy } from './pytorch-legacy.js';
import { readSafetensorsFile } from './safetensors-file.js';
import { type ReadWeightsOptions, type Refuse, refuser, type WeightFile } from './weight-file.js';
import { under, withoutWrappers } from './wrappers.js';
import { isZip, zipEntries } from './zip.js';

export type { ReadWeightsOptions, StoredTensor, WeightFile, WeightFormat } from './weight-file.js';

/**
 * Reads a weight file of others. Its content tells its format: safetensors, a PyTorch archive, a PyTorch file from before
 * version 1.6, `.npz` or `.npy`.
 *
 * Nothing in a file is executed. PyTorch files contain pickles, which are programs that name Python functions. Only the
 * functions that make tensors and plain data are known here; any other name is an error. Sizes, offsets and strides are
 * checked against the length of the file before memory is allocated. The result refers to `bytes`: do not change them, and
 * expect them to stay in memory as long as the result does.
 *
 * @param source what errors call the file
 * @throws HmsaError that names the file
 */
export function readWeights(bytes: Uint8Array, source: string, options: ReadWeightsOptions = {}): WeightFile {
  checkArgument(bytes instanceof Uint8Array, 'readWeights', 'the bytes of a file as Uint8Array', bytes);
  checkArgument(typeof source === 'string', 'readWeights', 'what to call the file', source);
  const { entry } = options ?? {};
  checkArgument(entry === undefined || typeof entry === 'string', 'readWeights, entry', 'a name', entry);
  const refuse = refuser(source);
  const file = readKnown(bytes, source, entry, refuse);
  const { tensors, notes } = withoutWrappers(file.tensors);
  return { ...file, tensors, notes: [...file.notes, ...notes] };
}

const NO_METADATA: ReadonlyMap<string, string> = new Map();

function readKnown(bytes: Uint8Array, source: string, entry: string | undefined, refuse: Refuse): WeightFile {
  const file = readKind(bytes, source, entry, refuse);
  // The readers of PyTorch files have looked the entry up themselves.
  const isFound = entry === undefined || file.format.startsWith('PyTorch');
  return isFound ? file : { ...file, ...beginning(file, entry, refuse) };
}

/** The tensors whose names begin with `entry`, for formats that have no entries. */
function beginning(file: WeightFile, entry: string, refuse: Refuse): Pick<WeightFile, 'tensors' | 'notes'> {
  const tensors = under(file.tensors, `${entry}.`);
  if (tensors.size > 0)
    return { tensors, notes: [...file.notes, `took the tensors under ${printable(entry, 100)}`] };
  const firsts = new Set([...file.tensors.keys()].map((name) => printable(name.split('.')[0]!, 60)));
  const listed = [...firsts].slice(0, LISTED).join(', ');
  return refuse(
    `tensors whose names begin with ${printable(entry, 100)}.`,
    `names that begin with ${listed}${firsts.size > LISTED ? ', …' : ''}`,
    'Name no entry, or another.',
  );
}

/** Names that an error lists. */
const LISTED = 8;

function readKind(bytes: Uint8Array, source: string, entry: string | undefined, refuse: Refuse): WeightFile {
  if (isPytorchLegacy(bytes))
    return { ...readPytorchLegacy(bytes, entry, source, refuse), metadata: NO_METADATA };
  const isArchive = isZip(bytes);
  const entries = isArchive ? zipEntries(bytes, refuse) : undefined;
  if (entries !== undefined && isPytorch(entries))
    return { ...readPytorchArchive(entries, entry, bytes.length, source, refuse), metadata: NO_METADATA };
  if (entries !== undefined) {
    if (!isNpz(entries)) refuse(KNOWN, 'a zip archive of other files', REMEDY);
    return { format: 'npz', ...readNpz(entries, source, refuse), metadata: NO_METADATA };
  }
  if (isNpy(bytes)) {
    const tensor = readNpy(bytes, source, refuse) ?? refuse('an array of numbers', 'one of texts');
    return { format: 'npy', tensors: new Map([['arr_0', tensor]]), metadata: NO_METADATA, notes: [] };
  }
  // A safetensors file begins with 8 bytes for the length of its header, then comes the header, which is JSON.
  if (bytes[8] === '{'.charCodeAt(0)) return readSafetensorsFile(bytes, source);
  const { name, remedy } = otherKinds.find(({ is }) => is(bytes)) ?? { name: 'other bytes', remedy: REMEDY };
  return refuse(KNOWN, name, remedy);
}

const KNOWN = 'weights as safetensors, PyTorch file, .npz or .npy';
const REMEDY = 'Check that it is the right file.';
const SAVE = 'In Python, save model.state_dict() with torch.save, or with safetensors.';

const begins = (prefix: string, at = 0) => {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  return (bytes: Uint8Array) => codes.every((code, i) => bytes[at + i] === code);
};

/** Other kinds of files that people try, and the remedy for each. */
const otherKinds: readonly { is(bytes: Uint8Array): boolean; name: string; remedy: string }[] = [
  { is: (bytes) => bytes.length === 0, name: 'an empty file', remedy: 'Get the file again.' },
  {
    is: (bytes) =>
      begins('ustar', 257)(bytes) ||
      ['sys_info\0', 'storages\0', 'tensors\0', 'pickle\0'].some((name) => begins(name)(bytes)),
    name: 'a tar archive, as PyTorch wrote before version 0.1.10',
    remedy: 'In Python, load it and save it again with torch.save.',
  },
  {
    is: begins('\x89HDF'),
    name: 'an HDF5 file, as Keras writes',
    remedy: 'In Python, save its arrays with numpy.savez.',
  },
  { is: begins('version https://git-lfs'), name: 'a pointer of Git LFS', remedy: 'Run git lfs pull.' },
  { is: begins('\x1f\x8b'), name: 'a gzip file', remedy: 'Unpack it with gunzip.' },
  { is: begins('GGUF'), name: 'a GGUF file', remedy: SAVE },
  { is: begins('\x08'), name: 'an ONNX file or another of protocol buffers', remedy: SAVE },
  {
    is: (bytes) => /^\s*<(!doctype|html|\?xml)/i.test(new TextDecoder().decode(bytes.subarray(0, 100))),
    name: 'a web page',
    remedy: 'Get the file itself; the address led to a page about it.',
  },
  {
    is: (bytes) => bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5,
    name: 'a bare pickle',
    remedy: SAVE,
  },
];
