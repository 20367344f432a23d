import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { crc32c } from './crc32c.js';
import { EventFile, encodeEvent, record } from './event-file.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('CRC-32C of the vectors of RFC 3720, B.4', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

// The bytes that TensorBoard's own writer makes of the same messages: tools/tensorboard_check.py --golden.
test.each([
  [
    'version',
    { kind: 'version' } as const,
    '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c',
  ],
  [
    'scalar',
    { kind: 'shown', step: 7, values: [{ kind: 'scalar', tag: 'a/b', value: 0.5 }] } as const,
    '19000000000000008bf1082809000000000000f83f10072a0c0a0a0a03612f62150000003f9b5c51c2',
  ],
  [
    'restart',
    { kind: 'restart', step: 300 } as const,
    '100000000000000095fbfe1809000000000000f83f10ac023a020801713b788a',
  ],
  [
    'text',
    { kind: 'shown', step: 1, values: [{ kind: 'text', tag: 't', text: 'hé' }] } as const,
    '2b00000000000000861bc34b09000000000000f83f10012a1e0a1c0a0174420d0807120412020801420368c3a94a080a060a047465787443a1743f',
  ],
  [
    'image',
    {
      kind: 'shown',
      step: 2,
      values: [{ kind: 'image', tag: 'i', png: Uint8Array.of(1, 2), width: 3, height: 4 }],
    } as const,
    '1e00000000000000d9dc123209000000000000f83f10022a110a0f0a0169220a080410031803220201023e83bcca',
  ],
])('%s: the golden bytes', (_, entry, expected) => {
  expect(hex(record(encodeEvent(entry, 1.5)))).toBe(expected);
});

test('files of one folder sort in the order in which they were opened, also within a second', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-events-'));
  try {
    for (let i = 0; i < 2; i++) await (await EventFile.create(folder, 1_700_000_000.5)).close();
    const names = (await readdir(folder)).sort();
    expect(names).toEqual(['events.out.tfevents.1700000000.hmsa', 'events.out.tfevents.1700000001.hmsa']);
    expect((await readFile(join(folder, names[0]!))).subarray(12 + 9 + 2, -4).toString()).toBe(
      'brain.Event:2',
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
