import { printable } from '../../base/errors/index.js';
import { type Meanings, UNTRUSTED } from './pickle.js';
import {
  Dict,
  List,
  Named,
  Opaque,
  type PickleValue,
  StorageRecord,
  TensorRecord,
  Tuple,
} from './pickle-values.js';
import type { Refuse } from './weight-file.js';

/** Of a tensor; PyTorch's own limit. */
const MOST_SIDES = 64;

/** Types of elements by the classes of PyTorch's storages. */
const storageTypes: Readonly<Record<string, string>> = {
  Float: 'float32',
  Double: 'float64',
  Half: 'float16',
  BFloat16: 'bfloat16',
  Long: 'int64',
  Int: 'int32',
  Short: 'int16',
  Char: 'int8',
  Byte: 'uint8',
  Bool: 'bool',
  ComplexFloat: 'complex64',
  ComplexDouble: 'complex128',
  QInt8: 'qint8',
  QUInt8: 'quint8',
  QInt32: 'qint32',
  QUInt4x2: 'quint4x2',
  QUInt2x4: 'quint2x4',
};

/** Names that say something, and are never called. */
const constants = new Set([
  'torch.storage.UntypedStorage',
  ...Object.keys(storageTypes).flatMap((name) => [`torch.${name}Storage`, `torch.cuda.${name}Storage`]),
  ...[
    ...['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'],
    ...['uint16', 'uint32', 'uint64', 'complex32', 'complex64', 'complex128'],
    ...['qint8', 'quint8', 'qint32', 'quint4x2', 'quint2x4'],
    ...['float8_e4m3fn', 'float8_e5m2', 'float8_e4m3fnuz', 'float8_e5m2fnuz', 'float8_e8m0fnu'],
    ...['per_tensor_affine', 'per_tensor_symmetric', 'per_channel_affine', 'per_channel_symmetric'],
    'per_channel_affine_float_qparams',
    ...['strided', 'sparse_coo', 'sparse_csr', 'preserve_format', 'contiguous_format', 'channels_last'],
  ].map((name) => `torch.${name}`),
]);

/**
 * Classes that training scripts save in addition to the weights: random states, metrics, command line arguments. Their objects
 * are ignored.
 */
const dropped = new Set([
  'torch.device',
  'torch.Tensor',
  'torch.nn.parameter.Parameter',
  'torch.nn.parameter.Buffer',
  'torch.serialization._get_layout',
  '_codecs.encode',
  'numpy.dtype',
  'numpy.ndarray',
  'numpy.core.multiarray.scalar',
  'numpy.core.multiarray._reconstruct',
  'numpy.core.numeric._frombuffer',
  'argparse.Namespace',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'pathlib.PurePosixPath',
  'pathlib.PureWindowsPath',
  ...['set', 'frozenset', 'bytearray', 'complex', 'slice', 'range', 'list', 'int', 'float'].map(
    (name) => `builtins.${name}`,
  ),
]);

type Call = (args: readonly PickleValue[], refuse: Refuse) => PickleValue;

/** Calls that make something. */
const calls: Readonly<Record<string, Call>> = {
  'collections.OrderedDict': dictOf,
  'collections.defaultdict': ([, ...args], refuse) => dictOf(args, refuse),
  'collections.Counter': dictOf,
  'builtins.dict': dictOf,
  'torch.Size': ([sides], refuse) => (sides instanceof Tuple ? sides : wrong('torch.Size', refuse)),
  'torch._utils._rebuild_tensor': ([storage, offset, shape, strides], refuse) =>
    tensorOf({ storage, offset, shape, strides }, refuse),
  'torch._utils._rebuild_tensor_v2': ([storage, offset, shape, strides, , , marks], refuse) =>
    tensorOf({ storage, offset, shape, strides, marks }, refuse),
  'torch._utils._rebuild_tensor_v3': ([storage, offset, shape, strides, , , type, marks], refuse) =>
    tensorOf({ storage, offset, shape, strides, type, marks }, refuse),
  'torch._utils._rebuild_parameter': first,
  'torch._utils._rebuild_parameter_with_state': first,
  'torch._utils._rebuild_device_tensor_from_cpu_tensor': first,
  'torch._tensor._rebuild_from_type_v2': rebuilt,
  'torch._tensor._rebuild_from_type': rebuilt,
  'torch.tensor._rebuild_from_type': rebuilt,
  'torch._utils._rebuild_qtensor': ([, , shape], refuse) => strange('quantised', shape, refuse),
  'torch._utils._rebuild_sparse_tensor': ([, parts], refuse) =>
    strange(
      'sparse',
      parts instanceof Tuple ? parts.items.findLast((x) => x instanceof Tuple) : undefined,
      refuse,
    ),
  'torch._utils._rebuild_meta_tensor_no_storage': ([, shape], refuse) =>
    strange('without numbers (of the device meta)', shape, refuse),
  'torch._utils._rebuild_wrapper_subclass': ([, , shape], refuse) =>
    strange('of a class of its own', shape, refuse),
  'torch._utils._rebuild_nested_tensor': (_, refuse) => strange('nested', undefined, refuse),
  'torch._utils._rebuild_device_tensor_from_numpy': (_, refuse) =>
    strange('kept as an array of numpy', undefined, refuse),
};

/** The names of Python 2, of NumPy 2 and of Python 3.13 for what had another. */
const renamed: readonly (readonly [RegExp, string])[] = [
  [/^__builtin__\.xrange$/, 'builtins.range'],
  [/^__builtin__\./, 'builtins.'],
  [/^numpy\._core\./, 'numpy.core.'],
  [/^pathlib\._local\./, 'pathlib.'],
];

/**
 * The names that a pickle of PyTorch may use: those that make tensors, and those of plain data. Any other name is an error,
 * even if the pickle does not call it.
 *
 * @param storages is filled with every storage that the pickle refers to
 */
export function torchMeanings(storages: Map<string, StorageRecord>, refuse: Refuse): Meanings {
  const known = new Map<string, Named>();
  return {
    named(module, name) {
      let full = `${module}.${name}`;
      for (const [pattern, other] of renamed) full = full.replace(pattern, other);
      const before = known.get(full);
      if (before !== undefined) return before;
      if (constants.has(full) || dropped.has(full) || Object.hasOwn(calls, full)) {
        const named = new Named(full);
        known.set(full, named);
        return named;
      }
      return refuse(
        'tensors and plain data',
        `${printable(`${module}.${name}`, 200)}, which is neither`,
        UNTRUSTED,
      );
    },
    call({ name }, args) {
      if (Object.hasOwn(calls, name)) return calls[name]!(args, refuse);
      if (dropped.has(name)) return new Opaque();
      return refuse('calls that make tensors and plain data', `a call of ${name}`, UNTRUSTED);
    },
    persistent(id) {
      const record = storageOf(id, refuse);
      const before = storages.get(record.key);
      if (before === undefined) storages.set(record.key, record);
      else if (before.type !== record.type || before.total !== record.total)
        refuse(
          `one type and length of the storage ${printable(record.key, 40)}`,
          [before, record].map(({ type, total }) => `${total} × ${type ?? 'byte'}`).join(' and '),
        );
      return record;
    },
  };
}

function wrong(name: string, refuse: Refuse): never {
  return refuse(`a call of ${name} as PyTorch writes it`, 'other arguments');
}

/**
 * Of nothing; of a dict; or of a list of pairs, as Python 2 wrote them. The entries are moved, not copied: a pickle can ask
 * for as many dicts of one list as it has steps.
 */
function dictOf([from]: readonly PickleValue[], refuse: Refuse): Dict {
  if (from instanceof Dict) return from;
  const dict = new Dict();
  if (from !== undefined && !(from instanceof List)) wrong('a dict', refuse);
  for (const pair of from?.drained() ?? []) {
    const items = pair instanceof Tuple || pair instanceof List ? pair.items : [];
    if (items.length !== 2) wrong('a dict', refuse);
    dict.add(items[0]!, items[1]!);
  }
  return dict;
}

function first([tensor]: readonly PickleValue[], refuse: Refuse): PickleValue {
  return tensor instanceof TensorRecord || tensor instanceof Opaque ? tensor : wrong('a parameter', refuse);
}

/** A tensor with attributes, or of a class of its own that is stored like others. */
function rebuilt([callee, , args]: readonly PickleValue[], refuse: Refuse): PickleValue {
  const isRebuild =
    callee instanceof Named && callee.name.startsWith('torch._utils._rebuild_') && args instanceof Tuple;
  if (!isRebuild) return wrong('_rebuild_from_type_v2', refuse);
  return calls[callee.name]!(args.items, refuse);
}

function strange(kind: string, shape: PickleValue | undefined, refuse: Refuse): TensorRecord {
  return new TensorRecord(kind, shape === undefined ? [] : counts(shape, 'a shape', refuse), {
    unread: kind,
  });
}

/** The tuple's own numbers, not a copy: a pickle can make a tensor of one tuple in three bytes. */
function counts(value: PickleValue | undefined, what: string, refuse: Refuse): readonly number[] {
  const items = value instanceof Tuple ? value.items : undefined;
  if (items === undefined || items.length > MOST_SIDES || !items.every(isCount))
    return refuse(`${what} of at most ${MOST_SIDES} whole numbers of 0 or more`, 'another');
  return items as readonly number[];
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

interface TensorParts {
  readonly storage: PickleValue | undefined;
  readonly offset: PickleValue | undefined;
  readonly shape: PickleValue | undefined;
  readonly strides: PickleValue | undefined;
  /** Of the elements, where the storage is bytes. */
  readonly type?: PickleValue | undefined;
  /** Whether its numbers are to be negated or conjugated, as a dict. */
  readonly marks?: PickleValue | undefined;
}

function tensorOf(parts: TensorParts, refuse: Refuse): TensorRecord {
  const { storage, offset, marks } = parts;
  if (!(storage instanceof StorageRecord)) return refuse('a storage for each tensor', 'another value');
  const shape = counts(parts.shape, 'a shape', refuse);
  const strides = counts(parts.strides, 'strides', refuse);
  if (strides.length !== shape.length)
    refuse('a stride for each side of a tensor', `${strides.length} strides for ${shape.length}`);
  if (!isCount(offset))
    return refuse('an offset of 0 or more', typeof offset === 'number' ? `${offset}` : 'another');
  const type =
    storage.type ?? (parts.type instanceof Named ? parts.type.name.replace(/^torch\./, '') : undefined);
  if (type === undefined) return refuse('a type for each tensor', 'none');
  if (marks instanceof Dict && marks.entries.some(([, value]) => value !== false))
    return new TensorRecord(type, shape, { unread: 'negated or conjugated when it is read' });
  return new TensorRecord(type, shape, { storage, offset, strides });
}

/** `('storage', class, key, device, elements)`, in old files with the part of another storage that it is. */
function storageOf(id: PickleValue, refuse: Refuse): StorageRecord {
  const [kind, type, key, , length, part = null] = id instanceof Tuple ? id.items : [];
  if (kind !== 'storage') return refuse('references to storages', 'a reference to something else', UNTRUSTED);
  if (!(type instanceof Named) || typeof key !== 'string' || !isCount(length))
    return refuse('a storage with its type, key and length', 'another');
  const match = /^torch\.(?:cuda\.)?(\w+)Storage$/.exec(type.name);
  const isUntyped = type.name === 'torch.storage.UntypedStorage';
  if (match === null && !isUntyped) return refuse('a class of storages', type.name);
  const elements = isUntyped ? undefined : storageTypes[match![1]!];
  if (part === null) return new StorageRecord(key, elements, length);
  const [, offset, size] = part instanceof Tuple ? part.items : [];
  if (isUntyped || !isCount(offset) || !isCount(size) || size > length - offset)
    return refuse(`a part of the storage ${printable(key, 40)}`, 'one that is not inside it');
  return new StorageRecord(key, elements, length, offset, size);
}
