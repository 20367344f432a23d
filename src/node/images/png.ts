import { crc32 } from '../../base/crc32.js';
import { HmsaError } from '../../base/errors/index.js';
import type { Rgb } from '../../data/index.js';
import { withRegularFile } from '../files/index.js';

/** The chunks of a PNG file, with the pixels still compressed. (PNG specification, sections 5 and 11.) */
export interface Png {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly palette?: readonly Rgb[];
  /** IHDR, IDAT … IEND with their length, type and checksum, as in the file. */
  readonly pixelChunks: readonly Uint8Array[];
}

export const ColorType = { GREY: 0, RGB: 2, PALETTE: 3, GREY_ALPHA: 4, RGB_ALPHA: 6 } as const;

const signature = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);

export function isPng(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/** @throws HmsaError when the file ends before its last chunk or does not begin with a header */
export function parsePng(bytes: Uint8Array, name: string): Png {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixelChunks: Uint8Array[] = [];
  let palette: Rgb[] | undefined;
  for (let offset = signature.length; ; ) {
    if (offset + 12 > bytes.length) throw cutShort(name);
    const end = offset + 12 + view.getUint32(offset);
    if (end > bytes.length) throw cutShort(name);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (type === 'PLTE') palette = parsePalette(bytes.subarray(offset + 8, end - 4));
    if (type === 'IHDR' || type === 'IDAT' || type === 'IEND') pixelChunks.push(bytes.subarray(offset, end));
    if (type === 'IEND') break;
    offset = end;
  }
  const header = pixelChunks[0]!;
  // Length 13, type IHDR, then width, height, depth, colour type.
  if (header.length !== 25 || header[4] !== 73) throw cutShort(name);
  const fields = new DataView(header.buffer, header.byteOffset);
  return {
    width: fields.getUint32(8),
    height: fields.getUint32(12),
    depth: header[16]!,
    colorType: header[17]!,
    pixelChunks,
    ...(palette && { palette }),
  };
}

/**
 * The same pixels as a PNG without palette, colour profile or transparency. A palette image of 1 … 8 bits becomes a
 * grey image of its indices, which every decoder returns unchanged.
 */
export function barePng(png: Png): Uint8Array {
  // Copies even if the file is a Buffer, whose slice() would share its memory.
  const header = Uint8Array.from(png.pixelChunks[0]!);
  if (png.colorType === ColorType.PALETTE) header[17] = ColorType.GREY;
  new DataView(header.buffer).setUint32(21, crc32(header.subarray(4, 21)));
  return Buffer.concat([signature, header, ...png.pixelChunks.slice(1)]);
}

function parsePalette(bytes: Uint8Array): Rgb[] {
  return Array.from({ length: Math.floor(bytes.length / 3) }, (_, i) => [
    bytes[i * 3]!,
    bytes[i * 3 + 1]!,
    bytes[i * 3 + 2]!,
  ]);
}

function cutShort(name: string): HmsaError {
  return new HmsaError({
    operation: name,
    expected: 'a complete PNG file',
    received: 'an incomplete or damaged one',
    remedy: 'Copy or download it again.',
  });
}

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

/** {@link withSoftware} of a PNG in pieces, of which the first holds its header. */
export async function* piecesWithSoftware(
  pieces: AsyncIterable<Uint8Array>,
  software: string,
): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const piece of pieces) {
    yield isFirst ? withSoftware(piece, software) : piece;
    isFirst = false;
  }
}

/**
 * The program that made a file: as {@link withSoftware} stored it, or the first key, `software`, of a JSON file; undefined if it
 * is not stored or cannot be read.
 */
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
  if (!isPng(bytes)) {
    const head = bytes.toString('latin1', 0, 400);
    return (/^\{"software":"([^"\\]*)"/.exec(head) ?? /^<svg[^>]*><metadata>([^<]*)</.exec(head))?.[1];
  }
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
