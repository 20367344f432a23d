import { Inflate } from 'fflate';
import type { OwnBytes } from '../../base/arrays.js';
import { crc32 } from '../../base/crc32.js';
import { HmsaError, printable } from '../../base/errors/index.js';
import type { Refuse } from './weight-file.js';

/** A file of a zip archive, checked to lie inside the archive and apart from all others. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes of its content. */
  readonly size: number;
  /** Its bytes in the archive, compressed if `deflated`. */
  readonly stored: Uint8Array;
  readonly deflated: boolean;
  readonly crc: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const LONGEST_COMMENT = 0xffff;
/** What a field of 32 bits holds where the extra field for 64 bits has the number. */
const SEE_64 = 0xffffffff;
const ENCRYPTED = 1;
/** Sizes and checksum follow the content; the local header has zeros in their place. */
const SIZES_FOLLOW = 8;
const STORED = 0;
const DEFLATED = 8;
/** Weights hardly shrink; what grows by more than this is no archive of them. */
const MOST_TIMES = 16;
const MOST_MORE = 2 ** 24;
/** Compressed bytes at a time: DEFLATE makes at most 1032 bytes of one, so that 16 MiB appear before a size is checked. */
const PIECE = 16 * 1024;

export function isZip(bytes: Uint8Array): boolean {
  const first = bytes.length < 4 ? 0 : viewOf(bytes).getUint32(0, true);
  return first === LOCAL || first === END;
}

/**
 * The files of a zip archive by name. The central directory is believed only where the local headers say the same: no file
 * may lie outside the archive, share bytes with another, occur twice, be encrypted, or have a name that leaves a folder.
 *
 * @throws by `refuse` where the archive is cut or contradicts itself
 */
export function zipEntries(bytes: Uint8Array, refuse: Refuse): ReadonlyMap<string, ZipEntry> {
  const view = viewOf(bytes);
  const directory = findDirectory(view, refuse);
  const entries = new Map<string, ZipEntry>();
  const spans: { name: string; begin: number; end: number }[] = [];
  let at = directory.begin;
  for (let i = 0; i < directory.count; i++) {
    const { next, span, entry } = readEntry(bytes, view, at, directory, refuse);
    at = next;
    if (entries.has(entry.name)) refuse('each name once in the archive', `${printable(entry.name)} twice`);
    entries.set(entry.name, entry);
    spans.push(span);
  }
  if (at !== directory.end) refuse('a directory of the archive without more bytes', `${directory.end - at}`);
  spans.sort((a, b) => a.begin - b.begin);
  spans.forEach((span, i) => {
    const next = spans[i + 1];
    if (next !== undefined && span.end > next.begin)
      refuse('files that do not overlap', `${printable(span.name)} and ${printable(next.name)}`);
  });
  const unpacked = [...entries.values()].reduce((sum, { size, deflated }) => sum + (deflated ? size : 0), 0);
  const most = MOST_TIMES * bytes.length + MOST_MORE;
  if (unpacked > most) refuse(`an archive of at most ${most} bytes when unpacked`, `one of ${unpacked}`);
  return entries;
}

interface Directory {
  readonly begin: number;
  readonly end: number;
  readonly count: number;
}

function findDirectory(view: DataView, refuse: Refuse): Directory {
  const end = findEnd(view, refuse);
  let [count, size, begin] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ];
  if (view.getUint32(end + 4, true) !== 0) refuse('an archive in one part', 'one of several disks');
  let limit = end;
  if (end >= 20 && view.getUint32(end - 20, true) === LOCATOR_64) {
    limit = number64(view, end - 12, refuse);
    if (limit + 56 > end - 20 || view.getUint32(limit, true) !== END_64)
      refuse('the 64-bit end of the archive inside the file', `offset ${limit}`);
    const long = [32, 40, 48].map((field) => number64(view, limit + field, refuse));
    // The 32-bit fields may be full, and otherwise have to say the same.
    const short = [count, size, begin];
    const full = [0xffff, SEE_64, SEE_64];
    if (short.some((value, i) => value !== full[i] && value !== long[i]))
      refuse('one directory of the archive', 'two ends that differ');
    [count, size, begin] = long as [number, number, number];
  }
  if (begin + size > limit || count * 46 > size)
    refuse('a directory of the archive inside the file', `${count} files, ${size} bytes at ${begin}`);
  return { begin, end: begin + size, count };
}

function findEnd(view: DataView, refuse: Refuse): number {
  const last = view.byteLength - 22;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === last - at) return at;
  }
  return refuse('a whole zip archive', 'one whose end is missing');
}

function readEntry(bytes: Uint8Array, view: DataView, at: number, directory: Directory, refuse: Refuse) {
  const cut = () => refuse('a directory of the archive of whole entries', 'one that is cut');
  if (at + 46 > directory.end || view.getUint32(at, true) !== CENTRAL) cut();
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const crc = view.getUint32(at + 16, true);
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
  const next = at + 46 + nameBytes! + extraBytes! + commentBytes!;
  if (next > directory.end) cut();
  const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes!));
  const called = printable(name, 100);
  checkName(name, refuse);
  const [size, packed, header] = longNumbers(
    view,
    [24, 20, 42].map((field) => view.getUint32(at + field, true)),
    at + 46 + nameBytes!,
    extraBytes!,
    called,
    refuse,
  ) as [number, number, number];
  if ((flags & ENCRYPTED) !== 0) refuse('files that are not encrypted', called);
  if (method !== STORED && method !== DEFLATED)
    refuse('files that are stored or deflated', `${called} by method ${method}`);
  if (method === STORED && size !== packed)
    refuse(`${called} of one size`, `${packed} bytes stored for ${size}`);
  const outside = () => refuse(`${called} inside the archive`, `${packed} bytes behind offset ${header}`);
  if (header + 30 > directory.begin || view.getUint32(header, true) !== LOCAL) outside();
  const localName = view.getUint16(header + 26, true);
  const begin = header + 30 + localName + view.getUint16(header + 28, true);
  const end = begin + packed;
  if (end > directory.begin) outside();
  checkLocal(bytes, view, header, { at, nameBytes: nameBytes!, flags, method, size, packed }, called, refuse);
  const entry: ZipEntry = {
    name,
    size,
    stored: bytes.subarray(begin, end),
    deflated: method === DEFLATED,
    crc,
  };
  return { next, span: { name, begin: header, end }, entry };
}

/** Nothing is unpacked under these names; an archive with such a name was made for a program that does. */
function checkName(name: string, refuse: Refuse): void {
  const parts = name.split('/');
  if (name === '' || /[\0\\]/.test(name) || /^([a-z]:|\/)/i.test(name) || parts.includes('..'))
    refuse('names of files inside the archive', printable(JSON.stringify(name), 100));
}

/** The numbers of the extra field for 64 bits, for those of 32 bits that are full. */
function longNumbers(
  view: DataView,
  short: readonly number[],
  from: number,
  bytes: number,
  called: string,
  refuse: Refuse,
): number[] {
  if (!short.includes(SEE_64)) return [...short];
  for (let at = from; at + 4 <= from + bytes; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (at + 4 + length > from + bytes) break;
    if (id === 1) {
      let field = at + 4;
      return short.map((value) => {
        if (value !== SEE_64) return value;
        if (field + 8 > at + 4 + length) return refuse(`64-bit sizes for ${called}`, 'too few of them');
        field += 8;
        return number64(view, field - 8, refuse);
      });
    }
    at += 4 + length;
  }
  return refuse(`64-bit sizes for ${called}`, 'none');
}

interface Central {
  readonly at: number;
  readonly nameBytes: number;
  readonly flags: number;
  readonly method: number;
  readonly size: number;
  readonly packed: number;
}

function checkLocal(
  bytes: Uint8Array,
  view: DataView,
  header: number,
  central: Central,
  called: string,
  refuse: Refuse,
): void {
  const other = (what: string) => refuse(`one ${what} for ${called}`, 'two that differ');
  const isSameName =
    view.getUint16(header + 26, true) === central.nameBytes &&
    bytes
      .subarray(header + 30, header + 30 + central.nameBytes)
      .every((byte, i) => byte === bytes[central.at + 46 + i]);
  if (!isSameName) other('name');
  const flags = view.getUint16(header + 6, true);
  if (view.getUint16(header + 8, true) !== central.method || (flags & ENCRYPTED) !== 0) other('method');
  const [packed, size] = [view.getUint32(header + 18, true), view.getUint32(header + 22, true)];
  const isFree = (value: number) => value === SEE_64 || (value === 0 && (flags & SIZES_FOLLOW) !== 0);
  if ((packed !== central.packed && !isFree(packed)) || (size !== central.size && !isFree(size)))
    other('size');
}

/**
 * The content of a file of an archive: a view where it is stored, new memory where it is deflated.
 *
 * @param unchecked whether to leave its checksum aside
 */
export function contentOf(entry: ZipEntry, refuse: Refuse, unchecked = false): Uint8Array {
  const content = entry.deflated ? inflated(entry, refuse) : entry.stored;
  if (!unchecked && crc32(content) !== entry.crc)
    refuse(`${printable(entry.name, 100)} with its checksum`, 'other bytes');
  return content;
}

/** Never makes more than the size that the archive gives, and a piece. */
function inflated({ name, stored, size }: ZipEntry, refuse: Refuse): OwnBytes {
  const called = printable(name, 100);
  const content = new Uint8Array(size);
  let filled = 0;
  const stream = new Inflate((piece) => {
    if (filled + piece.length > size) refuse(`${size} bytes for ${called}`, 'more');
    content.set(piece, filled);
    filled += piece.length;
  });
  try {
    for (let at = 0; at < stored.length; at += PIECE) {
      stream.push(stored.subarray(at, at + PIECE), at + PIECE >= stored.length);
    }
  } catch (error) {
    // Whatever the decoder throws at damaged bytes.
    if (error instanceof HmsaError) throw error;
    refuse(`${called} deflated`, String(error));
  }
  if (filled !== size) refuse(`${size} bytes for ${called}`, String(filled));
  return content;
}

function number64(view: DataView, at: number, refuse: Refuse): number {
  const value = view.getBigUint64(at, true);
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : refuse('sizes of a file', String(value));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
