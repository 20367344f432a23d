import { crc32 } from '../../base/checksum/index.js';
import type { Rgb } from '../../data/index.js';
import { withRegularFile } from '../files/index.js';
import { ColorType, isPng } from './png.js';

/** Signature and header chunk, the beginning of every PNG. */
const BEGINNING = 8 + 25;

/** Enough bytes for the chunks before the pixels in a file of hmsa: 256 colours and a line of text. */
const LOOKED_AT = 4096;

/**
 * Turns an 8-bit grey PNG into one with a palette. The values stay the same, and viewers show colours. Values beyond
 * the end of the palette are black.
 */
export function withPalette(png: Uint8Array, palette: readonly Rgb[]): Uint8Array {
  const colors = new Uint8Array(256 * 3);
  for (const [index, color] of palette.slice(0, 256).entries()) colors.set(color, index * 3);
  const header = Uint8Array.from(png.subarray(8, BEGINNING));
  header[17] = ColorType.PALETTE;
  new DataView(header.buffer).setUint32(21, crc32(header.subarray(4, 21)));
  return Buffer.concat([png.subarray(0, 8), header, chunk('PLTE', colors), png.subarray(BEGINNING)]);
}

/** Stores the name of the program that made a PNG, under the keyword that the format has for it. */
export function withSoftware(png: Uint8Array, software: string): Uint8Array {
  const text = chunk('tEXt', Buffer.from(`Software\0${software}`, 'latin1'));
  return Buffer.concat([png.subarray(0, BEGINNING), text, png.subarray(BEGINNING)]);
}

/** The program that made a file, as {@link withSoftware} stored it; undefined if it is not stored or cannot be read. */
export async function softwareOf(path: string): Promise<string | undefined> {
  try {
    return await withRegularFile(path, {}, async (file) => {
      const bytes = Buffer.alloc(LOOKED_AT);
      const { bytesRead } = await file.read(bytes, 0, LOOKED_AT, 0);
      return softwareIn(bytes.subarray(0, bytesRead));
    });
  } catch {
    return undefined;
  }
}

function softwareIn(bytes: Buffer): string | undefined {
  if (!isPng(bytes)) return undefined;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const [length, type] = [bytes.readUInt32BE(at), bytes.toString('latin1', at + 4, at + 8)];
    if (type === 'IDAT') return undefined;
    const [key, text] = bytes.toString('latin1', at + 8, at + 8 + length).split('\0');
    if (type === 'tEXt' && key === 'Software') return text;
    at += 12 + length;
  }
  return undefined;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
