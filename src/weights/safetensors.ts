import { bytesPerElement, type DType, elementCount, type NdArray, type OwnBytes } from '../arrays/index.js';
import { HmsaError } from '../errors/index.js';

/** Named arrays and string metadata, as one `.safetensors` file holds them. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, NdArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A header beyond this is no weight file's. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

const dtypeNames: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float16: 'F16',
  uint8: 'U8',
  int32: 'I32',
  int64: 'I64',
  bool: 'BOOL',
};
const dtypes = new Map(Object.entries(dtypeNames).map(([dtype, name]) => [name, dtype as DType]));

/**
 * Reads a `.safetensors` file: 8 bytes of header length, a JSON header, the arrays' bytes. Nothing in it is executed,
 * and every length, offset, shape and type in the header is checked against the bytes that are there.
 *
 * @param source what errors call the file
 * @throws HmsaError when the file is cut short, contradicts itself or holds a type that hmsa does not read
 */
export function readSafetensors(bytes: Uint8Array, source: string): Safetensors {
  const fail = (expected: string, received: string): never => {
    throw new HmsaError({
      operation: source,
      expected,
      received,
      remedy: 'Get the file again; it is damaged or not a .safetensors file.',
    });
  };
  if (bytes.length < 8) fail('a .safetensors file of 8 bytes or more', `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getBigUint64(0, true);
  if (headerLength > BigInt(Math.min(bytes.length - 8, MAX_HEADER_BYTES))) {
    fail('a header inside the file', `a header of ${headerLength} bytes in a file of ${bytes.length}`);
  }
  const start = 8 + Number(headerLength);
  const entries = parseHeader(bytes.subarray(8, start), fail);
  const metadata = new Map<string, string>();
  const tensors = new Map<string, NdArray>();
  const ranges: { readonly name: string; readonly begin: number; readonly end: number }[] = [];
  for (const [name, entry] of entries) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(entry)) {
        if (typeof value !== 'string') fail('metadata of strings', `${key}: ${typeof value}`);
        metadata.set(key, value as string);
      }
      continue;
    }
    const { dtype, shape, begin, end } = checkedEntry(name, entry, bytes.length - start, fail);
    ranges.push({ name, begin, end });
    // A copy, because a view must be aligned to its element size and the header's length need not be. (Not by slice:
    // Node's Buffer, which comes from reading a file, makes that a view.)
    tensors.set(
      name,
      arrayOf(dtype, shape, new Uint8Array(bytes.subarray(start + begin, start + end)).buffer),
    );
  }
  ranges.sort((a, b) => a.begin - b.begin);
  ranges.forEach(({ name, begin }, i) => {
    const previous = ranges[i - 1];
    if (begin < (previous?.end ?? 0)) fail('arrays that do not overlap', `${previous!.name} and ${name}`);
  });
  return { tensors, metadata };
}

function parseHeader(
  bytes: Uint8Array,
  fail: (expected: string, received: string) => never,
): [string, object][] {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return fail('a JSON header', 'something else');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return fail('a JSON object as header', typeof header);
  return Object.entries(header).map(([name, entry]) => {
    if (typeof entry !== 'object' || entry === null) return fail(`an object for ${name}`, typeof entry);
    return [name, entry as object];
  });
}

function checkedEntry(
  name: string,
  entry: object,
  dataLength: number,
  fail: (expected: string, received: string) => never,
): { dtype: DType; shape: number[]; begin: number; end: number } {
  const { dtype: typeName, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  const dtype = dtypes.get(String(typeName));
  if (dtype === undefined) return fail(`${name} of type ${[...dtypes.keys()].join(', ')}`, String(typeName));
  const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isCount))
    return fail(`a shape of whole numbers for ${name}`, JSON.stringify(shape));
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return fail(`two data offsets for ${name}`, JSON.stringify(offsets));
  }
  const [begin, end] = offsets as [number, number];
  const bytes = elementCount(shape) * bytesPerElement[dtype];
  if (begin > end || end > dataLength || end - begin !== bytes) {
    return fail(`${bytes} bytes for ${name} inside the ${dataLength} of the data`, `${begin} to ${end}`);
  }
  return { dtype, shape, begin, end };
}

function arrayOf(dtype: DType, shape: readonly number[], buffer: ArrayBuffer): NdArray {
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'float16':
      return { dtype, shape, data: new Uint16Array(buffer) };
    case 'int32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'int64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'uint8':
    case 'bool':
      return { dtype, shape, data: new Uint8Array(buffer) };
  }
}

/** Writes arrays and metadata as a `.safetensors` file: sorted by name, so that equal content is equal bytes. */
export function writeSafetensors({ tensors, metadata }: Safetensors): OwnBytes {
  const byName = <T>(entries: ReadonlyMap<string, T>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const header: Record<string, unknown> = {};
  if (metadata.size > 0) header.__metadata__ = Object.fromEntries(byName(metadata));
  let offset = 0;
  const arrays = byName(tensors);
  for (const [name, { dtype, shape, data }] of arrays) {
    header[name] = { dtype: dtypeNames[dtype], shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  // Spaces up to a multiple of 8, so that readers which map the file find the arrays aligned.
  const json = JSON.stringify(header);
  const encoded = new TextEncoder().encode(json);
  const headerLength = Math.ceil(encoded.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(encoded, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of arrays) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
