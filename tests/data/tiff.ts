/**
 * An uncompressed TIFF of 8-bit or 32-bit floating-point numbers in any number of bands, which sharp does not write.
 *
 * @param data H·W·bands
 */
export function plainTiff(
  data: Uint8Array | Float32Array,
  width: number,
  height: number,
  bands: 3 | 5,
): Uint8Array {
  const SHORT = 3;
  const LONG = 4;
  const start = 8 + 6 * bands;
  const tags: [tag: number, type: number, count: number, value: number][] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, bands, 8],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 2],
    [273, LONG, 1, start],
    [277, SHORT, 1, bands],
    [278, LONG, 1, height],
    [279, LONG, 1, data.byteLength],
    // What the bands beyond red, green and blue are: unspecified.
    ...(bands > 3 ? ([[338, SHORT, 2, 0]] as [number, number, number, number][]) : []),
    [339, SHORT, bands, 8 + 2 * bands],
  ];
  const directory = start + data.byteLength;
  const file = Buffer.alloc(directory + 2 + 12 * tags.length + 4);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(directory, 4);
  for (let i = 0; i < bands; i++) {
    file.writeUInt16LE(8 * data.BYTES_PER_ELEMENT, 8 + 2 * i);
    // The format of a sample: 1 whole numbers, 3 floating point.
    file.writeUInt16LE(data instanceof Float32Array ? 3 : 1, 8 + 2 * (bands + i));
  }
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  file.writeUInt16LE(tags.length, directory);
  tags.forEach(([tag, type, count, value], i) => {
    const at = directory + 2 + 12 * i;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8);
  });
  return file;
}
