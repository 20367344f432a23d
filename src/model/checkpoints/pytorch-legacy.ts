import { printable } from '../../base/errors/index.js';
import { PickleReader } from './pickle.js';
import { Dict, List, type StorageRecord } from './pickle-values.js';
import { pytorchTensors, storageBytes } from './pytorch-tensors.js';
import { torchMeanings } from './torch-objects.js';
import type { Refuse, WeightFile } from './weight-file.js';

/** The pickle of the magic number 0x1950a86a20f9469cfc6c, as every protocol from 2 writes it behind its first two bytes. */
const MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const PROTOCOL_VERSION = 1001;

/** Whether a file begins as `torch.save` wrote it before PyTorch 1.6, and writes it when asked to. */
export function isPytorchLegacy(bytes: Uint8Array): boolean {
  return bytes[0] === 0x80 && MAGIC.every((byte, i) => bytes[2 + i] === byte);
}

/**
 * A file of `torch.save` of before PyTorch 1.6: pickles of a magic number, the version 1001, the machine, the object and the
 * list of storage keys; then each storage as a count of 8 bytes and its elements.
 */
export function readPytorchLegacy(
  bytes: Uint8Array,
  entry: string | undefined,
  source: string,
  refuse: Refuse,
): Omit<WeightFile, 'metadata'> {
  const storages = new Map<string, StorageRecord>();
  const pickles = new PickleReader(bytes, 2 + MAGIC.length, torchMeanings(storages, refuse), refuse);
  const version = pickles.next();
  if (version !== PROTOCOL_VERSION)
    refuse(
      `a PyTorch file of version ${PROTOCOL_VERSION}`,
      typeof version === 'number' ? String(version) : 'none',
    );
  const machine = pickles.next();
  if (!(machine instanceof Dict) || machine.get('little_endian') !== true)
    refuse('a file of a little-endian machine', 'one of another', 'Save it again with PyTorch 1.6 or later.');
  const value = pickles.next();
  const keys = pickles.next();
  if (!(keys instanceof List)) return refuse('a list of storages', 'another value');
  const contents = new Map<string, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = pickles.at;
  for (const key of keys.items) {
    const record = typeof key === 'string' ? storages.get(key) : undefined;
    if (record === undefined || contents.has(record.key))
      return refuse('a list of the storages of tensors, each once', 'another');
    const size = storageBytes(record, refuse);
    const called = `the storage ${printable(record.key, 40)}`;
    if (at + 8 + size > bytes.length)
      refuse(`${size} bytes for ${called}`, `${Math.max(0, bytes.length - at - 8)} at the end of the file`);
    const count = view.getBigUint64(at, true);
    if (count !== BigInt(record.total)) refuse(`${record.total} elements in ${called}`, String(count));
    contents.set(record.key, bytes.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  if (contents.size !== storages.size)
    refuse(`${storages.size} storages, as the tensors name them`, String(contents.size));
  if (at !== bytes.length)
    refuse('the end of the file behind its last storage', `${bytes.length - at} bytes more`);
  const content = { value, storages, bigEndian: false, bytesOf: (key: string) => contents.get(key)! };
  return { format: 'PyTorch legacy file', ...pytorchTensors(content, entry, bytes.length, source, refuse) };
}
