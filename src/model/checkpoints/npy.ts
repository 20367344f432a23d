import { printable } from '../../base/errors/index.js';
import { bytesOf, rowMajor, storedTensor } from './stored-tensor.js';
import type { Refuse, StoredTensor } from './weight-file.js';
import { contentOf, type ZipEntry } from './zip.js';

/** `\x93NUMPY`. */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const LONGEST_HEADER = 65_536;
const MOST_SIDES = 64;

/** Types by NumPy's kind and bytes. */
const types: Readonly<Record<string, string>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
  c8: 'complex64',
  c16: 'complex128',
};

export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** Whether the files of an archive are arrays of NumPy. */
export function isNpz(entries: ReadonlyMap<string, ZipEntry>): boolean {
  return [...entries.keys()].some((name) => name.endsWith('.npy'));
}

/** The arrays of an `.npz` file, by name without `.npy`. Texts and files that are not arrays are left out. */
export function readNpz(
  entries: ReadonlyMap<string, ZipEntry>,
  source: string,
  refuse: Refuse,
): { tensors: Map<string, StoredTensor>; notes: string[] } {
  const tensors = new Map<string, StoredTensor>();
  const left: string[] = [];
  for (const [file, entry] of entries) {
    const name = file.replace(/\.npy$/, '');
    const tensor =
      name === file
        ? undefined
        : readNpy(contentOf(entry, refuse), `${source}, ${printable(name, 100)}`, refuse);
    if (tensor === undefined) left.push(printable(file, 60));
    else tensors.set(name, tensor);
  }
  if (tensors.size === 0) refuse('arrays of numbers', 'none');
  return {
    tensors,
    notes:
      left.length === 0
        ? []
        : [
            `left out ${left.slice(0, 12).join(', ')}${left.length > 12 ? ` and ${left.length - 12} more` : ''}`,
          ],
  };
}

/**
 * An array of an `.npy` file, or undefined where it is of texts.
 *
 * @param where what errors call file and array
 */
export function readNpy(bytes: Uint8Array, where: string, refuse: Refuse): StoredTensor | undefined {
  const { descr, fortran, shape, at } = header(bytes, where, refuse);
  const match = /^([<>=|])([a-zA-Z])(\d*)$/.exec(descr);
  const [, order, kind, length] = match ?? [];
  if (kind === 'O')
    return refuse(
      `numbers in ${where}`,
      'an array of Python objects',
      'hmsa runs no code of a file. Save arrays of numbers.',
    );
  if (kind === 'U' || kind === 'S') return undefined;
  const type = types[`${kind}${length}`];
  if (type === undefined)
    return refuse(`an array of numbers in ${where}`, printable(JSON.stringify(descr), 60));
  const count = shape.reduce((product, side) => product * side, 1);
  const size = count * bytesOf(type, refuse);
  if (size !== bytes.length - at) refuse(`${size} bytes of numbers in ${where}`, String(bytes.length - at));
  const strides = fortran ? rowMajor(shape.toReversed()).reverse() : rowMajor(shape);
  const layout = { type, shape, strides, offset: 0, bigEndian: order === '>' };
  return storedTensor(bytes.subarray(at), layout, where);
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`: a dict in the syntax of Python. */
const DICT =
  /^\{\s*'descr':\s*'([^'\\]{1,40})',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\dL, ]*)\),?\s*\}\s*$/;

function header(bytes: Uint8Array, where: string, refuse: Refuse) {
  const major = bytes[6]!;
  const start = major === 1 ? 10 : 12;
  if (!isNpy(bytes) || bytes.length < start) refuse(`an array of NumPy in ${where}`, 'other bytes');
  if (major < 1 || major > 3) refuse(`an array of NumPy's format 1 to 3 in ${where}`, String(major));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > Math.min(LONGEST_HEADER, bytes.length - start))
    refuse(`a whole header in ${where}`, `one of ${length} bytes`);
  const text = new TextDecoder().decode(bytes.subarray(start, start + length));
  const match = DICT.exec(text);
  if (match === null)
    return refuse(`a header with descr, fortran_order and shape in ${where}`, printable(text.trim(), 100));
  const [, descr, fortran, sides] = match;
  const shape = (sides!.match(/\d+/g) ?? []).map(Number);
  if (shape.length > MOST_SIDES || !shape.every(Number.isSafeInteger))
    refuse(`a shape of at most ${MOST_SIDES} whole numbers in ${where}`, printable(sides!, 100));
  return { descr: descr!, fortran: fortran === 'True', shape, at: start + length };
}
