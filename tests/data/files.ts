import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { crc32 } from '../../src/base/crc32.js';
import type { Pixels } from '../../src/base/pixels.js';
import { generator } from '../../src/base/random/index.js';
import type { Rgb } from '../../src/data/index.js';
import { encodeJpeg, encodePng } from '../../src/node/images/index.js';

/** A whole and valid black PNG of side × side pixels, one bit each: tiny on disk, huge in memory. */
export function pngBomb(side: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const pixels = deflateSync(Buffer.alloc((1 + Math.ceil(side / 8)) * side));
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const file = Buffer.alloc(body.length + 8);
  file.writeUInt32BE(data.length, 0);
  body.copy(file, 4);
  file.writeUInt32BE(crc32(body), body.length + 4);
  return file;
}

/** A smooth random photograph, different for every seed, so that no two are near-duplicates. */
export function randomPhoto(seed: number | string, width: number, height: number): Pixels {
  const random = generator(typeof seed === 'number' ? seed : 0, `${seed}`);
  const grid = Array.from({ length: 8 * 8 * 3 }, () => random.int(256));
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const x = Math.floor(((pixel % width) * 8) / width);
    const y = Math.floor((Math.floor(pixel / width) * 8) / height);
    data[i] = grid[(y * 8 + x) * 3 + (i % 3)]!;
  }
  return { data, width, height };
}

/** A label map in horizontal bands of the given values. */
export function bands(values: readonly number[], width: number, height: number): Pixels {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    data.fill(values[Math.floor((y * values.length) / height)]!, y * width, (y + 1) * width);
  }
  return { data, width, height };
}

/** A colour mask in horizontal bands. */
export function colorBands(colors: readonly Rgb[], width: number, height: number): Pixels {
  const rows = bands([...colors.keys()], width, height);
  return { ...rows, data: Uint8Array.from([...rows.data].flatMap((index) => colors[index]!)) };
}

/** Writes files below a root; a picture becomes a PNG, or a JPEG where the name says so. */
export async function writeTree(
  root: string,
  files: Readonly<Record<string, Pixels | Uint8Array | string>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    const isPicture = typeof content !== 'string' && !(content instanceof Uint8Array);
    const encode = path.endsWith('.jpg') ? encodeJpeg : encodePng;
    await writeFile(target, isPicture ? await encode(content) : content);
  }
}
