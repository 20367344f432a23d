import { deflateRawSync } from 'node:zlib';
import {
  archive,
  bytesOf,
  call,
  dict,
  end64,
  FLOATS,
  files,
  int,
  legacy,
  little,
  long,
  named,
  type Part,
  pickle,
  sixteen,
  storage,
  type TensorParts,
  tensor,
  text,
  tuple,
  type ZipParts,
  zip,
} from './assemble.js';

/** A weight file that deceives, and what its refusal says. */
export interface Hostile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly says: RegExp;
}

/** A file that is right in everything else: a state dict with a tensor, and the part. */
const beside = (part: Part) => archive(dict([text('weight'), tensor()], [text('other'), part]));
/** A state dict with one tensor. */
const only = (parts: TensorParts) => archive(dict([text('weight'), tensor(parts)]));
const whole = archive(dict([text('weight'), tensor()]));
const wholeLegacy = legacy(dict([text('weight'), tensor()]));
const wholePickle = pickle(dict([text('weight'), tensor()]));
const changed = (change: (file: ZipParts) => Partial<ZipParts>) =>
  zip(files(wholePickle).map((file) => ({ ...file, ...change(file) })));
const changedFile = (name: string, change: Partial<ZipParts>) =>
  changed((file) => (file.name === name ? change : {}));
const deflated = (size: number, said = size): ZipParts => {
  const content = new Uint8Array(size);
  return {
    name: 'a.npy',
    content: new Uint8Array(),
    packed: deflateRawSync(content),
    size: said,
    method: 8,
    crc: 0,
  };
};

/** Commands that would leave a trace. */
const touch = (canary: string): Part => text(`touch ${canary}`);

/** Pickles that run a program when Python loads them. */
function programs(canary: string): Record<string, [Uint8Array, RegExp]> {
  const run = touch(canary);
  const code = text(`open(${JSON.stringify(canary)}, "w")`);
  const system = named('os', 'system');
  const evaluate = named('builtins', 'eval');
  return {
    'os.system by REDUCE': [beside(call(system, run)), /os\.system, which is neither/],
    'posix.system by REDUCE': [beside(call(named('posix', 'system'), run)), /posix\.system/],
    'nt.system by REDUCE': [beside(call(named('nt', 'system'), run)), /nt\.system/],
    'builtins.eval': [beside(call(evaluate, code)), /builtins\.eval/],
    'eval of Python 2': [beside(call(named('__builtin__', 'eval'), code)), /__builtin__\.eval/],
    'builtins.exec': [beside(call(named('builtins', 'exec'), code)), /builtins\.exec/],
    'builtins.__import__': [
      beside(call(named('builtins', '__import__'), text('os'))),
      /builtins\.__import__/,
    ],
    'builtins.open': [beside(call(named('builtins', 'open'), text(canary), text('w'))), /builtins\.open/],
    'builtins.getattr': [beside(call(named('builtins', 'getattr'), system, text('x'))), /builtins\.getattr/],
    'subprocess.Popen': [beside(call(named('subprocess', 'Popen'), run)), /subprocess\.Popen/],
    'socket.create_connection': [
      beside(call(named('socket', 'create_connection'), tuple(text('127.0.0.1'), int(9)))),
      /socket\.create_connection/,
    ],
    'urllib.request.urlopen': [
      beside(call(named('urllib.request', 'urlopen'), text('http://127.0.0.1:9'))),
      /urllib\.request\.urlopen/,
    ],
    'webbrowser.open': [beside(call(named('webbrowser', 'open'), text('x'))), /webbrowser\.open/],
    'runpy.run_path': [beside(call(named('runpy', '_run_code'), code)), /runpy\._run_code/],
    'a name that is never called': [beside(system), /os\.system/],
    'a name that is dropped at once': [archive(system, '0', dict([text('weight'), tensor()])), /os\.system/],
    'a name in the legacy format': [
      legacy(dict([text('weight'), tensor()], [text('x'), call(system, run)])),
      /os\.system/,
    ],
    'a name as the version of a legacy file': [legacy(dict(), { version: call(system, run) }), /os\.system/],
    'a name as the machine of a legacy file': [legacy(dict(), { machine: call(system, run) }), /os\.system/],
    'a name among the keys of a legacy file': [
      legacy(dict([text('weight'), tensor()]), { keys: call(system, run) }),
      /os\.system/,
    ],
    STACK_GLOBAL: [beside([text('os'), text('system'), '\x93', tuple(run), 'R']), /os\.system/],
    'STACK_GLOBAL with a dotted name': [
      beside([text('torch'), text('hub.load'), '\x93', tuple(run), 'R']),
      /torch\.hub\.load/,
    ],
    'STACK_GLOBAL of numbers': [beside([int(1), int(2), '\x93']), /expected a name of texts/],
    'STACK_GLOBAL of a text built in pieces': [
      beside([text('os'), '\x94', text('system'), '\x94', '\x93', tuple(run), 'R']),
      /os\.system/,
    ],
    INST: [beside(['(', run, 'ios\nsystem\n']), /os\.system/],
    OBJ: [beside(['(', system, run, 'o']), /os\.system/],
    'OBJ without a class': [beside(['(', run, 'o']), /calls of functions by name/],
    NEWOBJ: [beside([system, tuple(run), '\x81']), /os\.system/],
    NEWOBJ_EX: [beside([system, tuple(run), '}', '\x92']), /os\.system/],
    'NEWOBJ_EX without named arguments': [
      beside([named('collections', 'OrderedDict'), ')', int(1), '\x92']),
      /named arguments as a dict/,
    ],
    EXT1: [beside(['\x82\x01', tuple(run), 'R']), /registry of extensions/],
    EXT2: [beside(['\x83\x01\x00', tuple(run), 'R']), /registry of extensions/],
    EXT4: [beside(['\x84\x01\x00\x00\x00', tuple(run), 'R']), /registry of extensions/],
    PERSID: [beside('Pos.system\n'), /a reference to something else/],
    'BINPERSID of a module': [
      beside([tuple(text('module'), FLOATS, text('x.py'), text('import os')), 'Q']),
      /a reference to something else/,
    ],
    'BINPERSID of a text': [beside([text('0'), 'Q']), /a reference to something else/],
    'BINPERSID with a class that is no storage': [
      beside([tuple(text('storage'), named('torch', 'Size'), text('0'), text('cpu'), int(4)), 'Q']),
      /expected a class of storages, received torch\.Size/,
    ],
    'BUILD of a class': [beside([named('collections', 'OrderedDict'), '}', 'b']), /a state of an object/],
    'BUILD of a list': [beside([']', '}', 'b']), /a state of an object/],
    'BUILD with __setstate__ of another module': [
      beside([named('multiprocessing.util', 'Finalize'), ')', '\x81', dict([text('x'), run]), 'b']),
      /multiprocessing\.util\.Finalize/,
    ],
    'a chain of __reduce__': [
      beside(call(named('functools', 'reduce'), named('operator', 'add'), [']', run, 'a'])),
      /functools\.reduce/,
    ],
    'functools.partial of a name': [
      beside(call(named('functools', 'partial'), system, run)),
      /functools\.partial/,
    ],
    'a call of what a call gave': [
      beside(call(call(named('collections', 'OrderedDict')), run)),
      /calls of functions by name/,
    ],
    'a call of a text': [beside(call(text('os.system'), run)), /calls of functions by name/],
    'a call of a type': [beside(call(named('torch', 'float32'), run)), /a call of torch\.float32/],
    'a call of a storage class': [beside(call(FLOATS, int(2 ** 30))), /a call of torch\.FloatStorage/],
    'arguments that are no tuple': [
      beside([named('collections', 'OrderedDict'), ']', 'R']),
      /arguments of a call as a tuple/,
    ],
    'torch.load in a pickle': [
      beside(call(named('torch.serialization', 'load'), text(canary))),
      /torch\.serialization\.load/,
    ],
    'torch.hub': [
      beside(call(named('torch.hub', 'load_state_dict_from_url'), text('http://127.0.0.1:9'))),
      /torch\.hub\./,
    ],
    'torch.storage._load_from_bytes': [
      beside(call(named('torch.storage', '_load_from_bytes'), ['C\x02ab'])),
      /torch\.storage\._load_from_bytes/,
    ],
    'torch._utils with another function': [
      beside(call(named('torch._utils', '_import_dotted_name'), run)),
      /_import_dotted_name/,
    ],
    'numpy.load': [beside(call(named('numpy', 'load'), text(canary))), /numpy\.load/],
    'numpy.core.multiarray.fromfile': [
      beside(call(named('numpy.core.multiarray', 'fromfile'), text(canary))),
      /numpy\.core\.multiarray\.fromfile/,
    ],
    '_codecs.decode': [beside(call(named('_codecs', 'decode'), run)), /_codecs\.decode/],
    'copyreg._reconstructor': [
      beside(call(named('copyreg', '_reconstructor'), system)),
      /copyreg\._reconstructor/,
    ],
    'a name with __proto__': [beside(named('__proto__', '__proto__')), /__proto__\.__proto__/],
    'the name constructor': [
      beside(call(named('constructor', 'constructor'), code)),
      /constructor\.constructor/,
    ],
    'a name with escape sequences': [
      beside(named('os', '\x1b]0;x\x07system')),
      /os\.\\u001b\]0;x\\u0007system/,
    ],
    'a whole network': [
      archive([named('torchvision.models.resnet', 'ResNet'), ')\x81', '}', 'b']),
      /torchvision\.models\.resnet\.ResNet.*state_dict/,
    ],
    '_rebuild_from_type_v2 with a function of its own': [
      beside(call(named('torch._tensor', '_rebuild_from_type_v2'), system, system, tuple(run), '}')),
      /os\.system/,
    ],
    '_rebuild_from_type_v2 of itself': [
      beside([named('torch._tensor', '_rebuild_from_type_v2'), 'q\x01(h\x01h\x01(h\x01h\x01)}t}t', 'R']),
      /as PyTorch writes it/,
    ],
    'an array of objects in an npz': [
      zip([{ name: 'a.npy', content: npy("'|O'", '(1,)', pickle(call(system, run))) }]),
      /Python objects/,
    ],
    'a bare pickle': [pickle(call(system, run)), /a bare pickle/],
    'a program in a TorchScript archive': [
      zip([...files(wholePickle), { name: 'a/constants.pkl', content: pickle(call(system, run)) }]),
      /TorchScript/,
    ],
  };
}

/** Pickles that take memory, time or stack. */
function bombs(): Record<string, [Uint8Array, RegExp]> {
  const doubled: Part[] = [text('lol'), 'q\x00'];
  for (let i = 0; i < 100; i++) doubled.push('h', little(i, 1), 'h', little(i, 1), '\x86q', little(i + 1, 1));
  const lists: Part = [']q\x00', Array.from({ length: 1000 }, () => 'h\x00a')];
  return {
    'empty dicts without end': [archive('}'.repeat(1.1e6)), /steps, received more/],
    'lists of lists without end': [archive('(]l'.repeat(4e5)), /steps, received more/],
    'storages without end': [
      archive(
        storage({ type: [FLOATS, 'q\x01'] }),
        Array.from({ length: 1.5e5 }, (_, i) => [
          '(X\x07\x00\x00\x00storageh\x01X\x03\x00\x00\x00',
          little(i, 3),
          'X\x03\x00\x00\x00cpuK\x04tQ',
        ]),
      ),
      /steps, received more/,
    ],
    'tensors of one tuple without end': [
      archive(
        dict([text('weight'), tensor()]),
        named('torch._utils', '_rebuild_tensor'),
        'q\x01',
        tuple(storage(), int(0), tuple(int(4)), tuple(int(1))),
        'q\x02',
        'h\x01h\x02R'.repeat(4e5),
      ),
      /several|steps/,
    ],
    'dicts of one list': [
      archive(
        named('collections', 'OrderedDict'),
        'q\x01',
        [']', '(', `${bytesText(tuple(int(1), int(2)))}`.repeat(2e4), 'e'],
        '\x85q\x02',
        'h\x01h\x02R'.repeat(2e5),
      ),
      /several|steps/,
    ],
    'a memo that doubles': [archive(doubled), /dict of tensors|several/],
    'a memo without tensors': [archive(dict([text('a'), lists])), /none in the file/],
    'a list in itself': [archive([']q\x00', 'h\x00a']), /a dict of tensors/],
    'a dict in itself': [archive(['}q\x00', text('model'), 'h\x00s']), /none in the file/],
    'a dict as its own key': [archive(['}q\x00', 'h\x00', 'h\x00s']), /none in the file/],
    'a tuple that is a hundred thousand deep': [archive(')', '\x85'.repeat(1e5)), /a dict of tensors/],
    'dicts a hundred thousand deep': [
      archive(
        '}',
        Array.from({ length: 5e4 }, () => [text('model'), '}']),
        's'.repeat(5e4),
      ),
      /none in the file/,
    ],
    'a whole number of a gigabyte': [beside(['\x8b', little(2 ** 30, 4)]), /whole numbers of at most/],
    'a whole number of a negative length': [beside(['\x8b', little(-1, 4)]), /whole numbers of at most/],
    'a whole number of half a million digits': [beside(`L${'9'.repeat(5e5)}L\n`), /expected whole numbers/],
    'a text of 4 GB': [beside(['X', little(2 ** 32 - 1, 4), 'x']), /texts of at most/],
    'a text of 2⁶³ bytes': [beside(['\x8d', little(2n ** 63n, 8), 'x']), /texts of at most/],
    'bytes of 4 GB': [beside(['B', little(2 ** 32 - 1, 4)]), /a whole pickle/],
    'a bytearray of 2⁶⁴ bytes': [beside(['\x96', little(2n ** 64n - 1n, 8)]), /a whole pickle/],
    'a frame of 2⁶⁴ bytes': [archive('\x95', little(2n ** 64n - 1n, 8), '}'), /a whole pickle/],
    'a bytearray that is asked for': [
      archive(dict([text('state_dict'), call(named('builtins', 'bytearray'), long(10n ** 12n))])),
      /none in the file/,
    ],
    'a range as the weights': [
      archive(
        dict([
          text('state_dict'),
          call(named('builtins', 'list'), call(named('builtins', 'range'), long(2n ** 60n))),
        ]),
      ),
      /none in the file/,
    ],
    'numbers of stored values that are negative': [beside('g-1\n'), /numbers of stored values/],
    'a stored value that is none': [beside('h\x07'), /values that were stored/],
    'out-of-band buffers': [beside('\x97'), /buffers lie outside/],
    'a pickle that takes more than it has': [archive('0000'), /takes more/],
    'a tuple below a mark': [archive(int(1), '(', int(2), '\x86'), /takes more/],
    'entries without a dict': [archive(int(1), '(', int(1), int(2), 'u'), /a dict to set entries of/],
    'a key without a value': [archive('}(', int(1), 'u'), /a value for each key/],
    'an unknown code': [archive('\xff'), /the unknown code 255/],
    'a protocol of the future': [bytesOf(zip(files(bytesOf('\x80\x09', '}.')))), /protocol 5 or earlier/],
    'a pickle without an end': [zip(files(bytesOf('\x80\x02}'))), /a whole pickle/],
    'an empty pickle': [zip(files(new Uint8Array())), /a whole pickle/],
    'a float that is none': [beside('Fx\n'), /expected numbers, received x/],
    'a whole number that is none': [beside('I0x10\n'), /expected whole numbers, received 0x10/],
  };
}

/** Tensors that lie about their memory. */
function tensors(): Record<string, [Uint8Array, RegExp]> {
  const huge = long(2n ** 40n);
  const inside = /inside its storage/;
  return {
    'a shape of ten gigabytes': [only({ shape: tuple(long(2_684_354_560n)) }), /numbers in a file of/],
    'a shape that is larger than its storage': [only({ shape: tuple(int(5)) }), inside],
    'a storage of ten gigabytes': [
      only({ storage: storage({ length: long(2_684_354_560n) }), shape: tuple(long(2_684_354_560n)) }),
      /expected 10737418240 bytes for the storage 0, received 16/,
    ],
    'ten gigabytes by a stride of 0': [
      only({ shape: tuple(long(2_684_354_560n)), strides: tuple(int(0)) }),
      /numbers in a file of/,
    ],
    'sides whose product overflows': [
      only({ shape: tuple(huge, huge, huge), strides: tuple(int(0), int(0), int(0)) }),
      /numbers in a file of/,
    ],
    'many tensors by a stride of 0': [
      archive(
        dict(
          ...Array.from({ length: 100 }, (_, i): [Part, Part] => [
            text(`w${i}`),
            tensor({ shape: tuple(int(60_000)), strides: tuple(int(0)) }),
          ]),
        ),
      ),
      /numbers in a file of/,
    ],
    'a negative stride': [only({ strides: tuple(int(-1)) }), /strides of at most/],
    'a negative side': [only({ shape: tuple(int(-4)) }), /a shape of at most/],
    'a negative offset': [only({ offset: int(-1) }), /an offset of 0 or more/],
    'an offset behind the storage': [only({ offset: int(1) }), inside],
    'an offset of 2⁶²': [only({ offset: long(2n ** 62n) }), /an offset of 0 or more/],
    'a stride that leaves the storage': [only({ shape: tuple(int(2)), strides: tuple(int(4)) }), inside],
    'a stride of 2⁵²': [only({ strides: tuple(long(2n ** 52n)) }), inside],
    'a stride of a float': [
      only({ strides: tuple(['G', new Uint8Array(8).fill(0x3f)]) }),
      /strides of at most/,
    ],
    'a side of NaN': [only({ shape: tuple(['G\x7f\xf8', new Uint8Array(6)]) }), /a shape of at most/],
    'a side of a truth value': [only({ shape: tuple('\x88') }), /a shape of at most/],
    'a side of a text': [only({ shape: tuple(text('4')) }), /a shape of at most/],
    'a shape that is a number': [only({ shape: int(4) }), /a shape of at most/],
    'more strides than sides': [only({ strides: tuple(int(1), int(1)) }), /a stride for each side/],
    'a hundred sides': [
      only({ shape: tuple(...Array(100).fill(int(1))), strides: tuple(...Array(100).fill(int(1))) }),
      /at most 64 whole numbers/,
    ],
    'a tensor without a storage': [only({ storage: int(1) }), /a storage for each tensor/],
    'a storage that is not there': [
      only({ storage: storage({ key: text('7') }) }),
      /no such file in the archive/,
    ],
    'a storage by a path': [
      only({ storage: storage({ key: text('../data.pkl') }) }),
      /no such file in the archive/,
    ],
    'a storage by a number': [
      only({ storage: storage({ key: int(0) }) }),
      /a storage with its type, key and length/,
    ],
    'a storage of a negative length': [
      only({ storage: storage({ length: int(-4) }) }),
      /a storage with its type/,
    ],
    'a storage that is shorter than it says': [
      only({ storage: storage({ length: int(8) }) }),
      /32 bytes for the storage 0, received 16/,
    ],
    'a storage that is longer than it says': [
      only({ storage: storage({ length: int(2) }), shape: tuple(int(2)) }),
      /8 bytes for the storage 0, received 16/,
    ],
    'one storage of two types': [
      archive(
        dict(
          [text('a'), tensor()],
          [text('b'), tensor({ storage: storage({ type: named('torch', 'IntStorage') }) })],
        ),
      ),
      /one type and length of the storage 0/,
    ],
    'one storage of two lengths': [
      archive(dict([text('a'), tensor()], [text('b'), tensor({ storage: storage({ length: int(3) }) })])),
      /one type and length of the storage 0/,
    ],
    'one name twice': [archive(dict([text('a'), tensor()], [text('a'), tensor()])), /a twice/],
    'a tensor alone': [archive(tensor()), /a tensor alone/],
    'no tensors': [archive(dict([text('epoch'), int(3)])), /none in the file/],
    'an untyped storage without a type': [
      only({ storage: storage({ type: named('torch.storage', 'UntypedStorage'), length: int(16) }) }),
      /a type for each tensor/,
    ],
    'a type that is none': [
      archive(
        dict([
          text('a'),
          call(
            named('torch._utils', '_rebuild_tensor_v3'),
            storage({ type: named('torch.storage', 'UntypedStorage'), length: int(16) }),
            int(0),
            tuple(int(4)),
            tuple(int(1)),
            '\x89',
            'N',
            named('torch', 'per_tensor_affine'),
          ),
        ]),
      ),
      /tensors of known types/,
    ],
  };
}

/** Archives that lie about their files. */
function archives(): Record<string, [Uint8Array, RegExp]> {
  const data = 'a/data/0';
  const extra64 = (...values: readonly (number | bigint)[]) =>
    bytesOf(little(1, 2), little(8 * values.length, 2), ...values.map((value) => little(value, 8)));
  const traversal = (name: string) => zip([...files(wholePickle), { name, content: sixteen }]);
  const names = /names of files inside the archive/;
  const cuts = [1, 10, 22, 60, 200].map((left): [string, [Uint8Array, RegExp]] => [
    `an archive without its last ${left} bytes`,
    [whole.subarray(0, whole.length - left), /whole zip archive|directory/],
  ]);
  return {
    'a name that climbs': [traversal('../../etc/passwd'), names],
    'a name that climbs within': [traversal('a/../../x'), names],
    'a name from the root': [traversal('/etc/passwd'), names],
    'a name with a drive': [traversal('C:/x'), names],
    'a name with backslashes': [traversal('..\\x'), names],
    'a name with a zero': [traversal('a/data/0\0.txt'), names],
    'an empty name': [traversal(''), names],
    'one name twice in the archive': [
      zip([...files(wholePickle), { name: data, content: sixteen }]),
      /each name once/,
    ],
    'two pickles': [
      zip([...files(wholePickle), { name: 'b/data.pkl', content: wholePickle }]),
      /one data\.pkl/,
    ],
    'another local name': [changedFile(data, { localName: 'a/data/1' }), /one name for/],
    'another local size': [changedFile(data, { localSize: 8 }), /one size for/],
    'another local method': [changedFile(data, { localMethod: 8 }), /one method for/],
    'a stored file of two sizes': [changedFile(data, { size: 12 }), /of one size/],
    'a file that reaches into the next': [
      changedFile('a/byteorder', { size: 60, packedSize: 60 }),
      /do not overlap/,
    ],
    'a file of 4 GB': [changedFile(data, { size: 0xfffffffe, packedSize: 0xfffffffe }), /inside the archive/],
    'a file behind the end': [changedFile(data, { offset: 0xfffffff0 }), /inside the archive/],
    'a file in the midst of another': [changedFile(data, { offset: 5 }), /inside the archive/],
    'two files in one place': [changedFile(data, { offset: 0 }), /one name for/],
    'two files of one name in one place': [
      zip([
        ...files(wholePickle),
        { name: 'a/x', content: sixteen },
        { name: 'a/x', content: sixteen, offset: 0 },
      ]),
      /one name for|each name once/,
    ],
    'an encrypted file': [changedFile(data, { flags: 1 }), /not encrypted/],
    'an unknown method': [changedFile(data, { method: 93 }), /by method 93/],
    'a wrong checksum of a storage': [changedFile(data, { crc: 1 }), /with its checksum/],
    'a wrong checksum of the pickle': [changedFile('a/data.pkl', { crc: 1 }), /with its checksum/],
    'more files than there are': [zip(files(wholePickle), { count: 60_000 }), /a directory of the archive/],
    'fewer files than there are': [zip(files(wholePickle), { count: 2 }), /without more bytes/],
    'a directory behind the end': [
      zip(files(wholePickle), { begin: 2 ** 31 }),
      /directory of the archive inside/,
    ],
    'a directory that is too long': [
      zip(files(wholePickle), { size: 2 ** 31 }),
      /directory of the archive inside/,
    ],
    'a directory elsewhere': [zip(files(wholePickle), { begin: 0 }), /directory of the archive/],
    'an archive on two disks': [zip(files(wholePickle), { disk: 1 }), /one part/],
    'a comment that is too short': [bytesOf(zip(files(wholePickle)), 'x'), /whole zip archive/],
    'a 64-bit end outside the file': [
      zip(files(wholePickle), { before: () => end64(4, 100, 0, 2n ** 50n) }),
      /64-bit end of the archive/,
    ],
    'a 64-bit end beyond all numbers': [
      zip(files(wholePickle), { before: () => end64(4, 100, 0, 2n ** 64n - 1n) }),
      /sizes of a file/,
    ],
    'a 64-bit end that says another': [
      zip(files(wholePickle), { before: (begin, size) => end64(3, size, begin, begin + size) }),
      /two ends that differ/,
    ],
    'a 64-bit directory of 2⁶⁰ bytes': [
      zip(files(wholePickle), {
        count: 0xffff,
        size: 0xffffffff,
        begin: 0xffffffff,
        before: (begin, size) => end64(4, 2 ** 52, begin, begin + size),
      }),
      /directory of the archive inside/,
    ],
    'a 64-bit size of 2⁶² bytes': [
      changedFile(data, { size: 0xffffffff, packedSize: 0xffffffff, extra: extra64(2n ** 62n, 2n ** 62n) }),
      /sizes of a file/,
    ],
    'a 64-bit size of 10 GB': [
      changedFile(data, { size: 0xffffffff, packedSize: 0xffffffff, extra: extra64(10 ** 10, 10 ** 10) }),
      /inside the archive/,
    ],
    'a 64-bit size that is missing': [
      changedFile(data, { size: 0xffffffff, packedSize: 0xffffffff }),
      /64-bit sizes/,
    ],
    'a 64-bit field that is cut': [
      changedFile(data, { size: 0xffffffff, packedSize: 0xffffffff, extra: extra64(16) }),
      /64-bit sizes/,
    ],
    'a version of the future': [
      zip([...files(wholePickle).slice(0, 3), { name: 'a/version', content: bytesOf('99') }]),
      /version 10 or earlier/,
    ],
    'an unknown order of bytes': [
      zip([
        files(wholePickle)[0]!,
        { name: 'a/byteorder', content: bytesOf('middle') },
        ...files(wholePickle).slice(2),
      ]),
      /byte order/,
    ],
    'an archive of nothing': [zip([]), /a zip archive of other files/],
    'a bomb of deflate': [zip([deflated(3e7)]), /at most .* bytes when unpacked/],
    'a bomb that says it is small': [zip([deflated(3e7, 1000)]), /1000 bytes for a\.npy, received more/],
    'a deflated file that is shorter than it says': [
      zip([deflated(1000, 2000)]),
      /2000 bytes for a\.npy, received 1000/,
    ],
    'a deflated file that is none': [
      zip([{ name: 'a.npy', content: sixteen, packed: new Uint8Array(40).fill(0xff), method: 8 }]),
      /a\.npy deflated/,
    ],
    'a deflated file that is cut': [
      zip([
        {
          name: 'a.npy',
          content: wholePickle,
          packed: deflateRawSync(wholePickle).subarray(0, 20),
          method: 8,
        },
      ]),
      /a\.npy deflated|bytes for a\.npy/,
    ],
    ...Object.fromEntries(cuts),
  };
}

function npy(descr: string, shape: string, data: Uint8Array, order = 'False'): Uint8Array {
  const header = `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  return bytesOf('\x93NUMPY\x01\x00', little(header.length, 2), header, data);
}

/** Files of the old format, of NumPy and of safetensors, and what is none of them. */
function others(): Record<string, [Uint8Array, RegExp]> {
  const state = dict([text('weight'), tensor()]);
  const safetensors = (header: string) => bytesOf(little(header.length, 8), header);
  const cut = (length: number): [Uint8Array, RegExp] => [wholeLegacy.subarray(0, length), /expected/];
  const part = (offset: Part, size: Part) =>
    legacy(dict([text('weight'), tensor({ storage: storage({ view: tuple(text('1'), offset, size) }) })]));
  const lying = (count: number | bigint) => legacy(state, { storages: [[little(count, 8), sixteen]] });
  return {
    'a legacy file cut in its magic number': cut(10),
    'a legacy file cut in its version': cut(17),
    'a legacy file cut in its machine': cut(60),
    'a legacy file cut in its pickle': cut(200),
    'a legacy file cut in its count': cut(wholeLegacy.length - 20),
    'a legacy file cut in its numbers': cut(wholeLegacy.length - 3),
    'a legacy file of another version': [
      legacy(state, { version: int(1002) }),
      /version 1001, received 1002/,
    ],
    'a legacy file of a big-endian machine': [
      legacy(state, { machine: dict([text('little_endian'), '\x89']) }),
      /little-endian machine/,
    ],
    'a legacy count that is too large': [lying(2n ** 62n), /4 elements in the storage 0/],
    'a legacy count that is too small': [lying(3), /4 elements in the storage 0/],
    'a legacy count that is negative': [lying(-1), /4 elements in the storage 0/],
    'a legacy key twice': [legacy(state, { keys: [']', text('0'), 'a', text('0'), 'a'] }), /each once/],
    'a legacy key that no tensor has': [
      legacy(state, { keys: [']', text('9'), 'a'] }),
      /storages of tensors/,
    ],
    'a legacy key that is missing': [
      legacy(state, { keys: ']', storages: [] }),
      /1 storages, as the tensors name them/,
    ],
    'legacy keys that are no list': [legacy(state, { keys: int(1) }), /a list of storages/],
    'a legacy file with more at its end': [legacy(state, { more: sixteen }), /16 bytes more/],
    'a legacy part outside its storage': [part(int(3), int(2)), /a part of the storage 0/],
    'a legacy part of a negative offset': [part(int(-1), int(2)), /a part of the storage 0/],
    'a legacy part that the tensor leaves': [part(int(2), int(2)), /inside its storage of 2 elements/],
    'an array of 10 GB in 16 bytes': [npy("'<f4'", '(2684354560,)', sixteen), /10737418240 bytes of numbers/],
    'an array whose sides overflow': [
      npy("'<f4'", '(9007199254740991, 9007199254740991)', sixteen),
      /bytes of numbers/,
    ],
    'an array of a negative side': [npy("'<f4'", '(-4,)', sixteen), /a header with descr/],
    'an array of a type with a program': [
      npy("__import__('os').system('x')", '(4,)', sixteen),
      /a header with descr/,
    ],
    'an array of records': [npy("[('a', '<f4')]", '(4,)', sixteen), /a header with descr/],
    'an array of unknown numbers': [npy("'<f16'", '(1,)', sixteen), /an array of numbers/],
    'an array of a format of the future': [bytesOf('\x93NUMPY\x09\x00', new Uint8Array(20)), /format 1 to 3/],
    'an array with a header of 4 GB': [
      bytesOf('\x93NUMPY\x02\x00', little(2 ** 32 - 1, 4)),
      /a whole header/,
    ],
    'an array with digits without end': [
      npy("'<f4'", `(${'1'.repeat(60_000)})`, sixteen),
      /a shape of at most/,
    ],
    'a safetensors header of 2⁶⁰ bytes': [bytesOf(little(2n ** 60n, 8), '{}'), /a header inside the file/],
    'a safetensors array of 10 GB': [
      safetensors('{"a":{"dtype":"BF16","shape":[5368709120],"data_offsets":[0,10737418240]}}'),
      /inside the 0 of the data/,
    ],
    'safetensors nested without end': [safetensors(`{"a":${'['.repeat(1e5)}`), /nested at most/],
    'a tar archive': [bytesOf('sys_info\0', new Uint8Array(600)), /a tar archive/],
    'an HDF5 file': [bytesOf('\x89HDF\r\n\x1a\n', new Uint8Array(100)), /HDF5/],
    'a web page': [bytesOf('<!DOCTYPE html><html>'), /a web page/],
    'a pointer of Git LFS': [bytesOf('version https://git-lfs.github.com/spec/v1\noid'), /git lfs pull/],
    nothing: [new Uint8Array(), /an empty file/],
    'a byte': [bytesOf('P'), /other bytes/],
    zeros: [new Uint8Array(10_000), /other bytes/],
  };
}

const bytesText = (part: Part) => Buffer.from(bytesOf(part)).toString('latin1');

/** @param canary a file that the programs in the pickles would make */
export function hostileFiles(canary: string): Hostile[] {
  const groups = [programs(canary), bombs(), tensors(), archives(), others()];
  return groups.flatMap((group) =>
    Object.entries(group).map(([name, [bytes, says]]) => ({ name, bytes, says })),
  );
}
/** Files that are right: the corpus is refused for what it changes in them. */
export const harmless: readonly Uint8Array[] = [whole, wholeLegacy];
