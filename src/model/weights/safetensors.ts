import {
  arrayTypes,
  bytesPerElement,
  type DType,
  elementCount,
  type NdArray,
  type OwnBytes,
} from '../../base/arrays.js';
import { checkArgument, HmsaError, isObject, isRecord, printable, shown } from '../../base/errors/index.js';
import { parseJson } from '../../base/json.js';
import { byName, CHECKSUM_KEY, checksum } from './checksum.js';

/** The content of a `.safetensors` file: named arrays and string metadata. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, NdArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The longest header that is read. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
/** Nesting of the header: an object of entries, each with a shape. */
const HEADER_DEPTH = 3;
const MAX_RANK = 32;
const REMEDY = 'Get the file again; it is damaged or not a .safetensors file.';

/** Options of {@link readSafetensors}. */
export interface ReadSafetensorsOptions {
  /**
   * Whether to ignore bytes that belong to no array. A tool that removes arrays from a file may leave their bytes behind.
   */
  readonly gaps?: boolean;
  /** Called with all metadata, the checksum included, before anything else is checked. It may throw. */
  readonly checkMetadata?: (metadata: ReadonlyMap<string, string>) => void;
  /** The remedy of errors about a damaged file; default: to get it again. */
  readonly remedy?: string;
}

type Fail = (expected: string, received: string) => never;

const dtypeNames: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float16: 'F16',
  uint8: 'U8',
  int8: 'I8',
  int32: 'I32',
  int64: 'I64',
  bool: 'BOOL',
};
const dtypes = new Map(Object.entries(dtypeNames).map(([dtype, name]) => [name, dtype as DType]));
const typeBytes = new Map([...dtypes].map(([name, dtype]) => [name, bytesPerElement[dtype]]));

/**
 * Reads a `.safetensors` file: 8 bytes of header length, a JSON header, the bytes of the arrays. Nothing in it is executed.
 * Every length, offset, shape and type in the header is checked against the data before any array is made, and each byte of
 * the data must belong to exactly one array. If the metadata contain the checksum that hmsa writes, it is verified. The
 * returned metadata do not contain it.
 *
 * @param source what errors call the file
 * @throws HmsaError when the file is cut short, contradicts itself or its checksum, or holds a type that hmsa does not
 *   read
 */
export function readSafetensors(
  bytes: Uint8Array,
  source: string,
  options: ReadSafetensorsOptions = {},
): Safetensors {
  const { remedy } = options ?? {};
  checkArgument(bytes instanceof Uint8Array, 'readSafetensors', 'the bytes of a file as Uint8Array', bytes);
  checkArgument(typeof source === 'string', 'readSafetensors', 'what to call the file', source);
  const { entries, metadata, data } = safetensorsLayout(bytes, source, typeBytes, options ?? {});
  // Copies, because a view must be aligned to its element size and the header's length need not be. (Not by slice:
  // Node's Buffer, which comes from reading a file, makes that a view.)
  const tensors = new Map(
    entries.map(({ name, type, shape, begin, end }) => [
      name,
      arrayOf(dtypes.get(type)!, shape, new Uint8Array(data.subarray(begin, end)).buffer),
    ]),
  );
  const expected = metadata.get(CHECKSUM_KEY);
  metadata.delete(CHECKSUM_KEY);
  if (expected !== undefined) {
    const received = checksum(tensors, metadata);
    if (received !== expected) {
      throw new HmsaError({
        operation: source,
        expected: `content of the checksum ${expected}`,
        received: `${received}: something in the file has changed since it was written`,
        remedy:
          remedy ??
          `Get the file again; or, if it was edited on purpose, remove ${CHECKSUM_KEY} from its metadata.`,
      });
    }
  }
  return { tensors, metadata };
}

/** The checked header of a file, and the bytes of its arrays. */
export interface SafetensorsLayout {
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Map<string, string>;
  readonly data: Uint8Array;
}

/** An array of a file, not yet decoded. */
export interface SafetensorsEntry {
  readonly name: string;
  /** By the format's own name, such as `BF16`. */
  readonly type: string;
  readonly shape: readonly number[];
  /** Its bytes in the data. */
  readonly begin: number;
  readonly end: number;
}

/**
 * What {@link readSafetensors} checks before it makes an array. The checksum is neither verified nor taken out.
 *
 * @param types bytes of an element by the name of each type that is accepted
 */
export function safetensorsLayout(
  bytes: Uint8Array,
  source: string,
  types: ReadonlyMap<string, number>,
  { gaps = false, checkMetadata, remedy = REMEDY }: ReadSafetensorsOptions,
): SafetensorsLayout {
  const fail: Fail = (expected, received) => {
    throw new HmsaError({ operation: source, expected, received, remedy });
  };
  const { header, data } = split(bytes, source, remedy, fail);
  const { __metadata__: first = {}, ...rest } = header;
  const metadata = readMetadata(first, fail);
  checkMetadata?.(metadata);
  const entries = Object.entries(rest).map(([name, entry]) =>
    checkedEntry(name, entry, data.length, types, fail),
  );
  checkLayout(entries, data.length, gaps, fail);
  return { entries, metadata, data };
}

/** The header as parsed, and the bytes after it. */
function split(
  bytes: Uint8Array,
  source: string,
  remedy: string,
  fail: Fail,
): { header: Readonly<Record<string, unknown>>; data: Uint8Array } {
  if (bytes.length < 8) fail('a .safetensors file of 8 bytes or more', `${bytes.length} bytes`);
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  if (headerLength > BigInt(Math.min(bytes.length - 8, MAX_HEADER_BYTES))) {
    fail('a header inside the file', `a header of ${headerLength} bytes in a file of ${bytes.length}`);
  }
  const start = 8 + Number(headerLength);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, start));
  } catch {
    return fail('a JSON header', 'bytes that are no text');
  }
  const header = parseJson(text, source, { remedy, deepest: HEADER_DEPTH });
  if (!isRecord(header)) return fail('a JSON object as header', shown(header));
  return { header, data: bytes.subarray(start) };
}

function readMetadata(entry: unknown, fail: Fail): Map<string, string> {
  if (!isRecord(entry)) return fail('an object for __metadata__', shown(entry));
  return new Map(
    Object.entries(entry).map(([key, value]) => {
      if (typeof value !== 'string') return fail('metadata of strings', `${printable(key)}: ${shown(value)}`);
      return [key, value];
    }),
  );
}

function checkedEntry(
  name: string,
  entry: unknown,
  dataLength: number,
  types: ReadonlyMap<string, number>,
  fail: Fail,
): SafetensorsEntry {
  const called = printable(name);
  if (!isRecord(entry)) return fail(`an object for ${called}`, shown(entry));
  const { dtype: type, shape, data_offsets: offsets } = entry;
  const elementBytes = typeof type === 'string' ? types.get(type) : undefined;
  if (typeof type !== 'string' || elementBytes === undefined)
    return fail(`${called} of type ${[...types.keys()].join(', ')}`, shown(type));
  const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isCount))
    return fail(`a shape of whole numbers for ${called}`, JSON.stringify(shape) ?? 'none');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return fail(`two data offsets for ${called}`, JSON.stringify(offsets) ?? 'none');
  }
  const [begin, end] = offsets as [number, number];
  const bytes = elementCount(shape) * elementBytes;
  if (begin > end || end > dataLength || end - begin !== bytes) {
    return fail(`${bytes} bytes for ${called} inside the ${dataLength} of the data`, `${begin} to ${end}`);
  }
  return { name, type, shape, begin, end };
}

/** Checks that arrays do not overlap and, without `gaps`, that no bytes lie before, between or after them. */
function checkLayout(
  entries: readonly SafetensorsEntry[],
  dataLength: number,
  gaps: boolean,
  fail: Fail,
): void {
  let at = 0;
  let previous = '';
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) fail('arrays that do not overlap', `${printable(previous)} and ${printable(name)}`);
    if (begin > at && !gaps)
      fail('data that belong to arrays', `${begin - at} bytes before ${printable(name)} that do not`);
    at = end;
    previous = name;
  }
  if (at < dataLength && !gaps)
    fail('data that belong to arrays', `${dataLength - at} bytes at the end that do not`);
}

function arrayOf(dtype: DType, shape: readonly number[], buffer: ArrayBuffer): NdArray {
  return { dtype, shape, data: new arrayTypes[dtype](buffer) } as NdArray;
}

/**
 * Writes arrays and metadata as a `.safetensors` file. Entries are sorted by name, so equal content gives equal bytes. The
 * metadata get a checksum of the whole content under `crc32`.
 *
 * @throws HmsaError that names an array whose data do not fit its shape, or a name that a file cannot contain
 */
export function writeSafetensors(content: Safetensors): OwnBytes {
  checkArgument(isObject(content), 'writeSafetensors', 'an object with tensors and metadata', content);
  const { tensors, metadata } = content;
  checkContent(tensors, metadata);
  const header: Record<string, unknown> = {
    __metadata__: Object.fromEntries(
      byName(new Map([...metadata, [CHECKSUM_KEY, checksum(tensors, metadata)]])),
    ),
  };
  let offset = 0;
  const arrays = byName(tensors);
  for (const [name, { dtype, shape, data }] of arrays) {
    header[name] = { dtype: dtypeNames[dtype], shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  // Padding the header to a multiple of 8 aligns the arrays for readers that map the file into memory.
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

function checkContent(tensors: Safetensors['tensors'], metadata: Safetensors['metadata']): void {
  const operation = 'writeSafetensors';
  checkArgument(tensors instanceof Map, operation, 'a Map of arrays by name', tensors);
  checkArgument(metadata instanceof Map, operation, 'a Map of strings as metadata', metadata);
  for (const [key, value] of metadata) {
    const isPlain = typeof key === 'string' && key !== '__proto__' && typeof value === 'string';
    checkArgument(isPlain, operation, 'metadata of strings', isPlain ? '' : key);
  }
  for (const [name, array] of tensors) {
    const isPlain = typeof name === 'string' && name !== '__metadata__' && name !== '__proto__';
    checkArgument(isPlain, operation, 'a name for each array', name);
    const isArray: boolean = Object.hasOwn(dtypeNames, String(array?.dtype)) && Array.isArray(array?.shape);
    const where = `${operation}, ${name}`;
    checkArgument(
      isArray && ArrayBuffer.isView(array?.data),
      where,
      'an array as { dtype, shape, data }',
      array,
    );
    const { shape, dtype, data } = array as NdArray;
    const bytes = elementCount(shape) * bytesPerElement[dtype];
    checkArgument(data.byteLength === bytes, where, `${bytes} bytes of data`, data.byteLength);
  }
}

/**
 * The metadata of a `.safetensors` file, even if its arrays are damaged or of unknown types; undefined if the bytes are not
 * such a file.
 */
export function safetensorsMetadata(bytes: Uint8Array): ReadonlyMap<string, string> | undefined {
  const fail: Fail = (expected, received) => {
    throw new HmsaError({ operation: 'safetensorsMetadata', expected, received });
  };
  try {
    const { header } = split(bytes, 'safetensorsMetadata', REMEDY, fail);
    return readMetadata(header.__metadata__ ?? {}, fail);
  } catch (error) {
    if (error instanceof HmsaError) return undefined;
    throw error;
  }
}
