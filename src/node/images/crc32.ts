/**
 * The checksum of a PNG chunk's type and data. Bit by bit, since it only ever sees headers and palettes.
 * (Node has its own from 20.15 on.)
 */
export function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
