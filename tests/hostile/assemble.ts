/** Assembles pickles, zip archives and the files of PyTorch made of them, right or wrong. */

export type Part = string | Uint8Array | readonly Part[];

/** Joined bytes. A text stands for the bytes of its characters, each below 256. */
export function bytesOf(...parts: readonly Part[]): Uint8Array {
  return new Uint8Array(joined(parts));
}

function joined(part: Part): Uint8Array {
  if (typeof part === 'string') return Buffer.from(part, 'latin1');
  return part instanceof Uint8Array ? part : Buffer.concat(part.map(joined));
}

/** A number of so many bytes, little-endian. */
export function little(value: number | bigint, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n));
}

export const text = (value: string): Part => {
  const encoded = Buffer.from(value);
  return ['X', little(encoded.length, 4), encoded];
};
export const int = (value: number): Part => ['J', little(value, 4)];
export const long = (value: bigint, bytes = 8): Part => ['\x8a', little(bytes, 1), little(value, bytes)];
export const named = (module: string, name: string): Part => `c${module}\n${name}\n`;
export const tuple = (...items: readonly Part[]): Part => ['(', ...items, 't'];
export const call = (callee: Part, ...args: readonly Part[]): Part => [callee, tuple(...args), 'R'];
export const dict = (...entries: readonly (readonly [Part, Part])[]): Part => [
  '}',
  '(',
  ...entries.flat(),
  'u',
];
export const pickle = (...parts: readonly Part[]): Uint8Array => bytesOf('\x80\x02', ...parts, '.');

export interface StorageParts {
  readonly type?: Part;
  readonly key?: Part;
  readonly length?: Part;
  /** In legacy files: the part of another storage. */
  readonly view?: Part;
}

export const FLOATS = named('torch', 'FloatStorage');

export function storage({
  type = FLOATS,
  key = text('0'),
  length = int(4),
  view = '',
}: StorageParts = {}): Part {
  return [tuple(text('storage'), type, key, text('cpu'), length, view), 'Q'];
}

export interface TensorParts {
  readonly storage?: Part;
  readonly offset?: Part;
  readonly shape?: Part;
  readonly strides?: Part;
}

/** `_rebuild_tensor_v2` of four floats, or of what is given. */
export function tensor(parts: TensorParts = {}): Part {
  const { offset = int(0), shape = tuple(int(4)), strides = tuple(int(1)) } = parts;
  return call(
    named('torch._utils', '_rebuild_tensor_v2'),
    parts.storage ?? storage(),
    offset,
    shape,
    strides,
    '\x89',
    [named('collections', 'OrderedDict'), ')R'],
  );
}

export interface ZipParts {
  readonly name: string;
  readonly content: Uint8Array;
  /** What the archive stores, where it is not the content. */
  readonly packed?: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** What the headers say, where that is not the truth. */
  readonly size?: number;
  readonly packedSize?: number;
  readonly localName?: string;
  readonly localSize?: number;
  readonly localMethod?: number;
  readonly offset?: number;
  readonly extra?: Uint8Array;
}

export interface EndParts {
  readonly count?: number;
  readonly size?: number;
  readonly begin?: number;
  readonly disk?: number;
  /** Between the directory and its end. */
  readonly before?: (begin: number, size: number) => Uint8Array;
  readonly comment?: string;
}

export function zip(files: readonly ZipParts[], end: EndParts = {}): Uint8Array {
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const file of files) {
    const { name, content, method = 0, flags = 0 } = file;
    const packed = file.packed ?? content;
    const sums = (size: number, packedSize: number) => [
      little(file.crc ?? crc32(content), 4),
      little(packedSize, 4),
      little(size, 4),
    ];
    const localName = Buffer.from(file.localName ?? name);
    const local = bytesOf(
      ['PK\x03\x04', little(20, 2), little(flags, 2), little(file.localMethod ?? method, 2), little(0, 4)],
      sums(file.localSize ?? file.size ?? content.length, file.packedSize ?? packed.length),
      [little(localName.length, 2), little(0, 2), localName, packed],
    );
    const { extra = new Uint8Array() } = file;
    const encoded = Buffer.from(name);
    central.push(
      bytesOf(
        ['PK\x01\x02', little(20, 2), little(20, 2), little(flags, 2), little(method, 2), little(0, 4)],
        sums(file.size ?? content.length, file.packedSize ?? packed.length),
        [little(encoded.length, 2), little(extra.length, 2), little(0, 2), little(0, 8)],
        [little(file.offset ?? at, 4), encoded, extra],
      ),
    );
    locals.push(local);
    at += local.length;
  }
  const directory = bytesOf(...central);
  const { count = files.length, size = directory.length, begin = at, disk = 0, comment = '' } = end;
  return bytesOf(
    [...locals, directory, end.before?.(at, directory.length) ?? ''],
    ['PK\x05\x06', little(disk, 2), little(disk, 2), little(count, 2), little(count, 2)],
    [little(size, 4), little(begin, 4), little(comment.length, 2), comment],
  );
}

/** The 64-bit end of an archive. */
export function end64(
  count: number | bigint,
  size: number | bigint,
  begin: number | bigint,
  at: number | bigint,
): Uint8Array {
  return bytesOf(
    ['PK\x06\x06', little(44, 8), little(45, 2), little(45, 2), little(0, 8)],
    [little(count, 8), little(count, 8), little(size, 8), little(begin, 8)],
    ['PK\x06\x07', little(0, 4), little(at, 8), little(1, 4)],
  );
}

export const sixteen = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

/** The files of a PyTorch archive. */
export function files(
  data: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = { 0: sixteen },
): ZipParts[] {
  return [
    { name: 'a/data.pkl', content: data },
    { name: 'a/byteorder', content: bytesOf('little') },
    ...Object.entries(storages).map(([key, content]) => ({ name: `a/data/${key}`, content })),
    { name: 'a/version', content: bytesOf('3\n') },
  ];
}

export const archive = (...parts: readonly Part[]): Uint8Array => zip(files(pickle(...parts)));

export interface LegacyParts {
  readonly version?: Part;
  readonly machine?: Part;
  readonly keys?: Part;
  readonly storages?: readonly Part[];
  readonly more?: Part;
}

export function legacy(object: Part, parts: LegacyParts = {}): Uint8Array {
  const machine = dict([text('protocol_version'), int(1001)], [text('little_endian'), '\x88']);
  return bytesOf(
    pickle(long(0x1950a86a20f9469cfc6cn, 10)),
    pickle(parts.version ?? int(1001)),
    pickle(parts.machine ?? machine),
    pickle(object),
    pickle(parts.keys ?? [']', text('0'), 'a']),
    ...(parts.storages ?? [[little(4, 8), sixteen]]),
    parts.more ?? '',
  );
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
