import { printable } from '../../base/errors/index.js';
import type { PickleValue, StorageRecord, TensorRecord } from './pickle-values.js';
import { stateDict } from './state-dict.js';
import { bytesOf, isInside, type Layout, storedTensor, unreadTensor } from './stored-tensor.js';
import type { Refuse, StoredTensor, WeightFile } from './weight-file.js';

/** What both kinds of PyTorch files come to: a pickle and the memory of its storages. */
export interface PytorchContent {
  readonly value: PickleValue;
  /** The storages that the pickle names, by key. */
  readonly storages: ReadonlyMap<string, StorageRecord>;
  /** The bytes of a storage, as many as its record says. Called for those that are wanted. */
  bytesOf(key: string): Uint8Array;
  readonly bigEndian: boolean;
}

/** Elements that small tensors may repeat (by a stride of 0) without regard to the size of the file. */
const FREE_ELEMENTS = 2 ** 16;

/** Bytes of a storage's memory. */
export function storageBytes({ type, total }: StorageRecord, refuse: Refuse): number {
  return total * (type === undefined ? 1 : bytesOf(type, refuse));
}

/**
 * The tensors of the state dict, each checked to lie in its storage.
 *
 * @param fileBytes bounds what views may repeat: all tensors together have at most one element a byte
 */
export function pytorchTensors(
  content: PytorchContent,
  entry: string | undefined,
  fileBytes: number,
  source: string,
  refuse: Refuse,
): Pick<WeightFile, 'tensors' | 'notes'> {
  const { tensors, notes } = stateDict(content.value, entry, refuse);
  let left = fileBytes + FREE_ELEMENTS;
  const stored = new Map<string, StoredTensor>();
  for (const [name, record] of tensors) {
    const called = printable(name, 100);
    left -=
      record.view !== undefined && 'storage' in record.view
        ? record.shape.reduce((n, side) => n * side, 1)
        : 0;
    if (!(left >= 0))
      refuse(
        `at most ${fileBytes + FREE_ELEMENTS} numbers in a file of ${fileBytes} bytes`,
        `more, with ${called}`,
      );
    stored.set(name, tensorOf(called, record, content, source, refuse));
  }
  return { tensors: stored, notes };
}

function tensorOf(
  called: string,
  { type, shape, view }: TensorRecord,
  content: PytorchContent,
  source: string,
  refuse: Refuse,
): StoredTensor {
  const where = `${source}, ${called}`;
  if ('unread' in view) return unreadTensor(view.unread, shape, where);
  const { storage, offset, strides } = view;
  const size = bytesOf(type, refuse);
  // Of a storage without a type the length counts bytes.
  const scale = storage.type === undefined ? size : 1;
  const length = Math.floor(storage.length / scale);
  if (!isInside({ shape, strides, offset }, length))
    refuse(
      `${called} inside its storage of ${length} elements`,
      `shape [${shape}], strides [${strides}], offset ${offset}`,
    );
  const layout: Layout = {
    type,
    shape,
    strides,
    offset: storage.offset + offset,
    bigEndian: content.bigEndian,
  };
  return storedTensor(content.bytesOf(storage.key), layout, where);
}
