/**
 * 64 bits that tell one content from another, as 16 hexadecimal digits: FNV-1a over words of 32 bits, in two lanes. For
 * damage, not for forgery. Every change of a single word shows, any other with a chance of all but 2⁻⁶⁴.
 */
export function checksum(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [low, high] = [0x811c9dc5, 0x01234567];
  const add = (word: number) => {
    low = Math.imul(low ^ word, 0x01000193);
    // Turned, so that the lanes do not forget the same bits: a product carries upwards alone.
    high = Math.imul(high ^ word, 0x85ebca6b);
    high = (high << 13) | (high >>> 19);
  };
  const whole = bytes.length - (bytes.length % 4);
  for (let at = 0; at < whole; at += 4) add(view.getInt32(at, true));
  for (let at = whole; at < bytes.length; at++) add(bytes[at]!);
  add(bytes.length);
  return [high, low].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}
