/** A value of a pickle, as far as tensors need it. Nothing of it is an object of Python: all are records. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Tuple
  | List
  | Dict
  | Named
  | Opaque
  | TensorRecord
  | StorageRecord;

export class Tuple {
  readonly items: readonly PickleValue[];
  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

export class List {
  #items: PickleValue[] | undefined;

  get items(): readonly PickleValue[] {
    return this.#items ?? NONE;
  }

  add(items: readonly PickleValue[]): void {
    // Without memory of its own while it is empty, as most are that a hostile file makes.
    this.#items ??= [];
    for (const item of items) this.#items.push(item);
  }

  /** Takes all items out. */
  drained(): readonly PickleValue[] {
    const { items } = this;
    this.#items = undefined;
    return items;
  }
}

const NONE: readonly never[] = [];

/** A dict, in the order of its entries; a key that comes twice stays twice. */
export class Dict {
  #entries: (readonly [PickleValue, PickleValue])[] | undefined;

  get entries(): readonly (readonly [PickleValue, PickleValue])[] {
    return this.#entries ?? NONE;
  }

  add(key: PickleValue, value: PickleValue): void {
    this.#entries ??= [];
    this.#entries.push([key, value]);
  }

  get(key: string): PickleValue | undefined {
    return this.entries.findLast(([other]) => other === key)?.[1];
  }
}

/** A class or function that is allowed, by its name `module.name`. It is never called. */
export class Named {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** What is allowed and not needed: bytes, sets, numpy's numbers and arrays, and whatever else has no part in a tensor. */
export class Opaque {}

/** Memory that tensors are views of, by its key in the file. */
export class StorageRecord {
  readonly key: string;
  /** The type of its elements; undefined where the tensors say it and the storage is bytes. */
  readonly type: string | undefined;
  /** Elements behind the key, or bytes where it has no type. */
  readonly total: number;
  /** Where among them the storage begins, and how many are of it. */
  readonly offset: number;
  readonly length: number;

  constructor(key: string, type: string | undefined, total: number, offset = 0, length = total) {
    this.key = key;
    this.type = type;
    this.total = total;
    this.offset = offset;
    this.length = length;
  }
}

/** A tensor: a view of a storage with steps in elements; or, without a storage, one of a kind that is not read. */
export class TensorRecord {
  readonly type: string;
  readonly shape: readonly number[];
  readonly view:
    | { readonly storage: StorageRecord; readonly offset: number; readonly strides: readonly number[] }
    | { readonly unread: string };

  constructor(type: string, shape: readonly number[], view: TensorRecord['view']) {
    this.type = type;
    this.shape = shape;
    this.view = view;
  }
}
