/** Compressions of TIFF that keep every value, by their number in tag 259 (TIFF 6.0 and libtiff). */
const LOSSLESS = new Set([
  1, // none
  2, // CCITT, for black and white, as the next two
  3,
  4,
  5, // LZW
  8, // deflate
  32_771, // CCITT
  32_773, // PackBits
  32_946, // deflate, as older programs number it
  34_925, // LZMA
  50_000, // Zstandard
]);

const NAMES: Readonly<Record<number, string>> = {
  6: 'JPEG',
  7: 'JPEG',
  33003: 'JPEG 2000',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'JPEG',
  50001: 'WebP',
  50002: 'JPEG XL',
};

/** The name of the compression in a TIFF file that may have changed its values; undefined if none has. */
export function lossyTiff(bytes: Uint8Array): string | undefined {
  const compression = compressionOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  return LOSSLESS.has(compression) ? undefined : (NAMES[compression] ?? `the compression ${compression}`);
}

/** Tag 259 of the first page, which is 1 where it is missing. */
function compressionOf(file: DataView): number {
  const little = file.getUint8(0) === 0x49;
  const isBig = file.getUint16(2, little) === 43;
  // In BigTIFF the counts and offsets have eight bytes, and the entries twenty.
  const wide = (at: number) => (isBig ? Number(file.getBigUint64(at, little)) : file.getUint32(at, little));
  const start = wide(isBig ? 8 : 4);
  const count = isBig ? wide(start) : file.getUint16(start, little);
  const first = start + (isBig ? 8 : 2);
  const entryBytes = isBig ? 20 : 12;
  for (let i = 0, at = first; i < count && at + entryBytes <= file.byteLength; i++, at += entryBytes) {
    if (file.getUint16(at, little) === 259) return file.getUint16(at + (isBig ? 12 : 8), little);
  }
  return 1;
}
