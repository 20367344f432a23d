/** Four tables, so that one iteration of the loop handles four bytes. */
const tables = makeTables();

/**
 * The CRC-32 of ISO 3309, which PNG and zip use. The bytes may come in pieces.
 *
 * @param previous the result for the preceding bytes
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  const [t0, t1, t2, t3] = tables;
  let crc = ~previous;
  let at = 0;
  for (const end = bytes.length - (bytes.length % 4); at < end; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc = t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[crc >>> 24]!;
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const [first, ...others] = Array.from({ length: 4 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    first![byte] = crc;
  }
  let previous = first!;
  for (const table of others) {
    for (let byte = 0; byte < 256; byte++) {
      const crc = previous[byte]!;
      table[byte] = (crc >>> 8) ^ first![crc & 255]!;
    }
    previous = table;
  }
  return [first!, ...(others as [Int32Array, Int32Array, Int32Array])];
}
