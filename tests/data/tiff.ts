/** An uncompressed RGB TIFF of 32-bit floating-point numbers, H·W·3, which sharp does not write. */
export function floatTiff(data: Float32Array, width: number, height: number): Uint8Array {
  const SHORT = 3;
  const LONG = 4;
  const tags: [tag: number, type: number, count: number, value: number][] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, 3, 8],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 2],
    [273, LONG, 1, 20],
    [277, SHORT, 1, 3],
    [278, LONG, 1, height],
    [279, LONG, 1, data.byteLength],
    [339, SHORT, 3, 14],
  ];
  const directory = 20 + data.byteLength;
  const file = Buffer.alloc(directory + 2 + 12 * tags.length + 4);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(directory, 4);
  // Bits a sample, and the format of a sample: floating point.
  for (let i = 0; i < 3; i++) {
    file.writeUInt16LE(32, 8 + 2 * i);
    file.writeUInt16LE(3, 14 + 2 * i);
  }
  data.forEach((value, i) => {
    file.writeFloatLE(value, 20 + 4 * i);
  });
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
