import { expect, test } from 'vitest';
import {
  archive,
  call,
  dict,
  files,
  int,
  legacy,
  little,
  named,
  type Part,
  pickle,
  sixteen,
  storage,
  tensor,
  text,
  tuple,
  zip,
} from '../../../tests/hostile/assemble.js';
import { writeSafetensors } from '../weights/index.js';
import { readWeights } from './read-weights.js';

const weights = (...names: readonly string[]) =>
  dict(...names.map((name): [Part, Part] => [text(name), tensor()]));
const names = (bytes: Uint8Array, entry?: string) => [
  ...readWeights(bytes, 'x.pth', entry === undefined ? {} : { entry }).tensors.keys(),
];
const notes = (bytes: Uint8Array) => readWeights(bytes, 'x.pth').notes;

test.each([
  ['state_dict before model', dict([text('model'), weights('a')], [text('state_dict'), weights('b')]), ['b']],
  ['model_state_dict', dict([text('model_state_dict'), weights('a')], [text('epoch'), int(1)]), ['a']],
  ['model beside a metric', dict([text('best'), tensor()], [text('model'), weights('a')]), ['a']],
  ['entries of entries', dict([text('checkpoint'), dict([text('model'), weights('a')])]), ['a']],
  ['a name that nobody expects', dict([text('netG'), weights('a', 'b')]), ['a', 'b']],
  [
    'weights beside a scale',
    dict([text('x'), weights('a')], [text('net'), weights('b', 'c', 'd', 'e')]),
    ['b', 'c', 'd', 'e'],
  ],
  ['the top with a module called model', weights('model', 'bias'), ['model', 'bias']],
  ['what stands beside tensors', dict([text('a'), tensor()], [int(3), tensor()], [text('n'), int(3)]), ['a']],
])('%s', (_, value, expected) => {
  expect(names(archive(value))).toEqual(expected);
});

test('several that could be meant are refused, and one can be named', () => {
  const bytes = archive(dict([text('student'), weights('a')], [text('teacher'), weights('b')]));
  expect(() => names(bytes)).toThrow(
    /^x\.pth: expected one dict of tensors, or one named state_dict or model, received tensors under student, teacher\. /,
  );
  expect(names(bytes, 'teacher')).toEqual(['b']);
  expect(() => names(bytes, 'ema')).toThrow(/There are tensors under: student, teacher\.$/);
  expect(() => readWeights(sixteen, 'x', { entry: 3 as never })).toThrow(/entry: expected a name/);
});

test('what was taken and left is said', () => {
  const ema = dict(
    [text('state_dict'), weights('module.a')],
    [text('ema'), weights('b')],
    [text('epoch'), int(3)],
  );
  expect(notes(archive(ema))).toEqual([
    'took the tensors under state_dict',
    'left the tensors under ema',
    'left out epoch',
    'took module. off every name',
  ]);
  expect(notes(archive(weights('a')))).toEqual([]);
});

test('wrappers are taken off where the most names have them; what stands beside is left out', () => {
  expect(names(archive(weights('module._orig_mod.a', 'module._orig_mod.b')))).toEqual(['a', 'b']);
  const foreign = archive(weights('n_averaged', 'net.a', 'net.b', 'criterion.weight', 'ema.a', 'ema.b'));
  expect(names(foreign)).toEqual(['a', 'b']);
  expect(notes(foreign)).toEqual([
    'took net. off every name',
    'left out n_averaged, criterion.weight, ema.a and 1 more, which stand beside it',
  ]);
  // Of a network with parts of other names, one called model is a part.
  expect(names(archive(weights('model.a', 'layer1.a', 'layer1.b')))).toEqual([
    'model.a',
    'layer1.a',
    'layer1.b',
  ]);
});

test("an entry may end in what the tensors' names begin with", () => {
  const content = weights('student.a', 'student.b', 'teacher.net.a', 'teacher.net.b');
  expect(names(archive(dict([text('state_dict'), content])), 'state_dict.teacher')).toEqual(['a', 'b']);
  expect(names(archive(content), 'student')).toEqual(['a', 'b']);
  const array = { dtype: 'float32', shape: [1], data: Float32Array.of(3) } as const;
  const other = writeSafetensors({
    tensors: new Map([
      ['a.x', array],
      ['b.x', array],
    ]),
    metadata: new Map(),
  });
  expect(names(other, 'b')).toEqual(['x']);
  expect(() => names(other, 'c')).toThrow(
    'x.pth: expected tensors whose names begin with c., received names that begin with a, b. Name no entry, or another.',
  );
});

test('a number beyond float32 is called so, and infinity is not', () => {
  const file = (value: number) => {
    const header = new TextEncoder().encode('{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}  ');
    const bytes = new Uint8Array(16 + header.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, header.length, true);
    bytes.set(header, 8);
    view.setFloat64(8 + header.length, value, true);
    return readWeights(bytes, 'x').tensors.get('a')!;
  };
  expect(() => file(-1e300).read()).toThrow(
    'x, a: expected numbers in the range of float32, up to 3.4e38, received -1e+300 at index 0.',
  );
  expect(file(Number.NEGATIVE_INFINITY).read().data[0]).toBe(Number.NEGATIVE_INFINITY);
});

test('files of Python 2 and of the first versions of PyTorch are read', () => {
  const old = (value: string): Part => ['U', little(value.length, 1), value];
  const rebuilt = call(
    named('torch._utils', '_rebuild_tensor'),
    [tuple(old('storage'), named('torch.cuda', 'FloatStorage'), old('5'), old('cuda:0'), int(4), 'N'), 'Q'],
    int(1),
    tuple(int(3)),
    tuple(int(1)),
  );
  const pairs: Part = [']', ']', old('weight'), 'a', rebuilt, 'a', 'a'];
  const bytes = legacy(call(named('collections', 'OrderedDict'), pairs), { keys: [']', old('5'), 'a'] });
  expect([...readWeights(bytes, 'old').tensors.get('weight')!.read().data]).toEqual([2, 3, 4]);
});

test('a part of a storage begins where it says', () => {
  const part = storage({ view: tuple(text('9'), int(1), int(2)) });
  const bytes = legacy(dict([text('a'), tensor({ storage: part, shape: tuple(int(2)) })]));
  expect([...readWeights(bytes, 'x').tensors.get('a')!.read().data]).toEqual([2, 3]);
});

test('an archive of a big-endian machine is read', () => {
  const swapped = sixteen.slice();
  new DataView(swapped.buffer).setFloat32(4, 2.5);
  const [first, , ...others] = files(pickle(weights('a')), { 0: swapped });
  const bytes = zip([first!, { name: 'a/byteorder', content: new TextEncoder().encode('big') }, ...others]);
  expect(readWeights(bytes, 'x').tensors.get('a')!.read().data[1]).toBe(2.5);
});

test('what every call gives is new', () => {
  const tensorOf = readWeights(archive(weights('a')), 'x').tensors.get('a')!;
  tensorOf.read().data[0] = 7;
  expect(tensorOf.read().data[0]).toBe(1);
});
