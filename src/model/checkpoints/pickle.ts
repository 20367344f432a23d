import { printable } from '../../base/errors/index.js';
import { Dict, List, Named, Opaque, type PickleValue, TensorRecord, Tuple } from './pickle-values.js';
import type { Refuse } from './weight-file.js';

/** Gives the values of the names, calls and persistent ids of a pickle. It refuses those that it does not know. */
export interface Meanings {
  named(module: string, name: string): Named;
  call(callee: Named, args: readonly PickleValue[]): PickleValue;
  persistent(id: PickleValue): PickleValue;
}

/** The most steps of all pickles of a file. A step makes at most one value, of about a hundred bytes. */
const MOST_STEPS = 2 ** 20;
/** Bytes of a whole number; PyTorch's seeds have up to 16. */
const LONGEST_INTEGER = 256;
const LONGEST_TEXT = 2 ** 24;
const HIGHEST_PROTOCOL = 5;

/**
 * Reads pickles, one after the other. It is the machine of Python's pickletools without its calls: a name is looked up in a
 * list, a call makes a record, a state is dropped. There is no recursion, and no step copies a value.
 */
export class PickleReader {
  /** Where the next pickle begins. */
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #meanings: Meanings;
  readonly #refuse: Refuse;
  #steps = 0;
  #stack: PickleValue[] = [];
  /** Where on the stack each open mark is. */
  #marks: number[] = [];
  #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array, at: number, meanings: Meanings, refuse: Refuse) {
    this.#bytes = bytes;
    this.at = at;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#meanings = meanings;
    this.#refuse = refuse;
  }

  /** Reads the next pickle. @throws by `refuse` when it is cut off, contradicts itself, or uses an unknown name */
  next(): PickleValue {
    [this.#stack, this.#marks, this.#memo] = [[], [], new Map()];
    for (;;) {
      if (++this.#steps > MOST_STEPS) this.#refuse(`a pickle of at most ${MOST_STEPS} steps`, 'more');
      const code = String.fromCharCode(this.#byte());
      if (code === '.') break;
      const made = this.#made(code);
      if (made === undefined) this.#change(code);
      else this.#stack.push(made);
    }
    const value = this.#pop();
    if (this.#stack.length > 0 || this.#marks.length > 0) this.#refuse('a pickle of one value', 'several');
    return value;
  }

  /** The value that a code puts on the stack; undefined for codes that put none. */
  #made(code: string): PickleValue | undefined {
    switch (code) {
      case 'N':
        return null;
      case '\x88':
        return true;
      case '\x89':
        return false;
      case 'I':
      case 'L':
        return this.#decimal();
      case 'J':
        return this.#view.getInt32(this.#take(4), true);
      case 'K':
        return this.#byte();
      case 'M':
        return this.#view.getUint16(this.#take(2), true);
      case '\x8a':
        return this.#integer(this.#byte());
      case '\x8b':
        return this.#integer(this.#count32());
      case 'F':
        return this.#float();
      case 'G':
        return this.#view.getFloat64(this.#take(8), false);

      case 'V':
        return this.#line();
      case 'S':
        return this.#line().replace(/^(['"])(.*)\1$/, '$2');
      case 'X':
      case 'T':
        return this.#text(this.#count32());
      case '\x8c':
      case 'U':
        return this.#text(this.#byte());
      case '\x8d':
        return this.#text(this.#count64());
      case 'B':
        return this.#skip(this.#count32());
      case 'C':
        return this.#skip(this.#byte());
      case '\x8e':
      case '\x96':
        return this.#skip(this.#count64());

      case ')':
        return NO_ITEMS;
      case 't':
        return new Tuple(this.#sinceMark());
      case '\x85':
        return new Tuple(this.#popped(1));
      case '\x86':
        return new Tuple(this.#popped(2));
      case '\x87':
        return new Tuple(this.#popped(3));
      case ']':
        return new List();
      case 'l':
        return this.#append(new List(), this.#sinceMark());
      case '}':
        return new Dict();
      case 'd':
        return this.#set(new Dict(), this.#sinceMark());
      case '\x8f':
        return new Opaque();
      case '\x91':
        this.#sinceMark();
        return new Opaque();

      case '2':
        return this.#top();
      case 'g':
        return this.#recalled(this.#index());
      case 'h':
        return this.#recalled(this.#byte());
      case 'j':
        return this.#recalled(this.#count32());

      case 'c':
        return this.#meanings.named(this.#line(), this.#line());
      case '\x93': {
        const [module, name] = this.#popped(2);
        if (typeof module !== 'string' || typeof name !== 'string')
          return this.#refuse('a name of texts', 'another');
        return this.#meanings.named(module, name);
      }
      case 'i': {
        const callee = this.#meanings.named(this.#line(), this.#line());
        return this.#called(callee, this.#sinceMark());
      }
      case 'o': {
        const [callee, ...args] = this.#sinceMark();
        return this.#called(callee, args);
      }
      case 'R':
      case '\x81': {
        const [callee, args] = this.#popped(2);
        return this.#called(callee, this.#items(args));
      }
      case '\x92': {
        const [callee, args, named] = this.#popped(3);
        if (!(named instanceof Dict)) return this.#refuse('named arguments as a dict', 'another value');
        return this.#called(callee, this.#items(args));
      }
      case 'Q':
        return this.#meanings.persistent(this.#pop());
      case 'P':
        return this.#meanings.persistent(this.#line());
      default:
        return undefined;
    }
  }

  /** What the other codes do. */
  #change(code: string): void {
    switch (code) {
      case '\x80':
        this.#protocol();
        break;
      case '\x95': // A frame says how long it is.
        this.#need(this.#count64());
        break;

      case '(':
        this.#marks.push(this.#stack.length);
        break;
      case '0':
        // Python drops an open mark where no value lies above it.
        if (this.#stack.length === this.#marks.at(-1)) this.#marks.pop();
        else this.#pop();
        break;
      case '1':
        this.#sinceMark();
        break;

      case 'a': {
        const items = this.#popped(1);
        this.#append(this.#top(), items);
        break;
      }
      case 'e': {
        const items = this.#sinceMark();
        this.#append(this.#top(), items);
        break;
      }
      case 's': {
        const items = this.#popped(2);
        this.#set(this.#top(), items);
        break;
      }
      case 'u': {
        const items = this.#sinceMark();
        this.#set(this.#top(), items);
        break;
      }
      case '\x90':
        this.#sinceMark();
        if (!(this.#top() instanceof Opaque)) this.#refuse('a set to add to', 'another value');
        break;

      case 'p':
        this.#memo.set(this.#index(), this.#top());
        break;
      case 'q':
        this.#memo.set(this.#byte(), this.#top());
        break;
      case 'r':
        this.#memo.set(this.#count32(), this.#top());
        break;
      case '\x94':
        this.#memo.set(this.#memo.size, this.#top());
        break;

      case 'b':
        this.#build();
        break;

      case '\x82':
      case '\x83':
      case '\x84':
        this.#refuse('names of classes', 'a number of the registry of extensions', UNTRUSTED);
        break;
      case '\x97':
      case '\x98':
        this.#refuse('a pickle that is whole', 'one whose buffers lie outside it');
        break;
      default:
        this.#refuse('a pickle', `the unknown code ${code.charCodeAt(0)} at byte ${this.at - 1}`);
    }
  }

  #protocol(): void {
    const version = this.#byte();
    if (version > HIGHEST_PROTOCOL)
      this.#refuse(`a pickle of protocol ${HIGHEST_PROTOCOL} or earlier`, `protocol ${version}`);
  }

  #called(callee: PickleValue | undefined, args: readonly PickleValue[]): PickleValue {
    if (!(callee instanceof Named))
      return this.#refuse('calls of functions by name', 'another call', UNTRUSTED);
    return this.#meanings.call(callee, args);
  }

  /** The state of an object is dropped; in Python it may run `__setstate__` or change a class. */
  #build(): void {
    this.#pop();
    const object = this.#top();
    if (!(object instanceof Dict || object instanceof Opaque || object instanceof TensorRecord))
      this.#refuse('a state of an object', 'one of another value', UNTRUSTED);
  }

  #append(list: PickleValue, items: readonly PickleValue[]): List {
    if (!(list instanceof List)) return this.#refuse('a list to append to', 'another value');
    list.add(items);
    return list;
  }

  #set(dict: PickleValue, items: readonly PickleValue[]): Dict {
    if (!(dict instanceof Dict)) return this.#refuse('a dict to set entries of', 'another value');
    if (items.length % 2 !== 0) this.#refuse('a value for each key of a dict', 'a key without one');
    for (let i = 0; i < items.length; i += 2) dict.add(items[i]!, items[i + 1]!);
    return dict;
  }

  #recalled(index: number): PickleValue {
    const value = this.#memo.get(index);
    return value === undefined
      ? this.#refuse('values that were stored', `number ${index}, which was not`)
      : value;
  }

  #items(args: PickleValue | undefined): readonly PickleValue[] {
    return args instanceof Tuple
      ? args.items
      : this.#refuse('arguments of a call as a tuple', 'another value');
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    return value === undefined || this.#stack.length === this.#marks.at(-1) ? this.#underflow() : value;
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popped(count: number): PickleValue[] {
    if (this.#stack.length - count < (this.#marks.at(-1) ?? 0)) this.#underflow();
    return this.#stack.splice(this.#stack.length - count);
  }

  #sinceMark(): PickleValue[] {
    const mark = this.#marks.pop();
    return mark === undefined ? this.#underflow() : this.#stack.splice(mark);
  }

  #underflow(): never {
    return this.#refuse('a pickle that takes what it has put', 'one that takes more');
  }

  #need(count: number): void {
    const left = this.#bytes.length - this.at;
    if (count > left) this.#refuse('a whole pickle', `one that needs ${count} bytes where ${left} are left`);
  }

  /** Takes bytes and says where they begin. */
  #take(count: number): number {
    this.#need(count);
    this.at += count;
    return this.at - count;
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #count32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  #count64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  #text(length: number): string {
    if (length > LONGEST_TEXT) this.#refuse(`texts of at most ${LONGEST_TEXT} bytes`, String(length));
    const begin = this.#take(length);
    return text.decode(this.#bytes.subarray(begin, begin + length));
  }

  #skip(length: number): Opaque {
    this.#take(length);
    return new Opaque();
  }

  /** A whole number of little-endian bytes in two's complement. */
  #integer(length: number): number | bigint {
    if (length > LONGEST_INTEGER)
      this.#refuse(`whole numbers of at most ${LONGEST_INTEGER} bytes`, String(length));
    const begin = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[begin + i]!);
    return plain(BigInt.asIntN(8 * length, value));
  }

  #line(): string {
    const end = this.#bytes.indexOf(10, this.at);
    if (end < 0) this.#refuse('a whole pickle', 'one that is cut in a line');
    const line = this.#text(end - this.at);
    this.at++;
    return line;
  }

  /** `5`, `-5L`; `00` and `01` are truth values. */
  #decimal(): number | bigint | boolean {
    const line = this.#line();
    if (line === '00' || line === '01') return line === '01';
    if (!/^[+-]?\d{1,600}L?$/.test(line)) this.#refuse('whole numbers', printable(line, 100));
    return plain(BigInt(line.replace(/L$|^\+/g, '')));
  }

  #index(): number {
    const index = this.#decimal();
    if (typeof index !== 'number' || index < 0)
      return this.#refuse('numbers of stored values', String(index));
    return index;
  }

  #float(): number {
    const line = this.#line();
    const isFloat = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(inf|nan)$/i.test(line);
    if (!isFloat || line.length > 100) this.#refuse('numbers', printable(line, 100));
    return Number(line.replace(/inf/i, 'Infinity'));
  }
}

const NO_ITEMS = new Tuple([]);
// A name in bytes that are no text still is a name.
const text = new TextDecoder();

export const UNTRUSTED =
  'hmsa runs no code of a file. If you trust the file, load it in Python and save model.state_dict() alone.';

function plain(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
