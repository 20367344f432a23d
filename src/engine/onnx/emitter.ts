import { create } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from 'onnx-buf';
import type { DType, NdArray } from '../../base/arrays.js';
import type { Dim, OnnxAttribute, OnnxEmitter, SymbolicDim } from '../graph/index.js';
import { breadthFirst } from './node-order.js';

/** An axis of an input, from which the value of a free side is read. */
export interface SideSource {
  readonly input: string;
  readonly axis: number;
}

/** Collects nodes and initialisers. */
export class GraphEmitter implements OnnxEmitter {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly #shared = new Map<string, string>();
  readonly #constants = new Map<string, string>();
  readonly #symbols: ReadonlyMap<string, SideSource>;
  readonly #made = new Set<string>();
  readonly #public = new Map<string, string>();
  #names = 0;

  constructor(symbols: ReadonlyMap<string, SideSource>) {
    this.#symbols = symbols;
  }

  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    return this.nodeWithOutputs(operator, inputs, attributes, 1)[0]!;
  }

  shared(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    const key = JSON.stringify([operator, inputs, attributes]);
    const known = this.#shared.get(key) ?? this.node(operator, inputs, attributes);
    this.#shared.set(key, known);
    return known;
  }

  cast(value: string, to: DType): string {
    return this.shared('Cast', [value], { to: onnxDataType[to] });
  }

  nodeWithOutputs(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    outputs: number,
  ): string[] {
    const [domain, opType] = operator.includes('::') ? operator.split('::') : ['', operator];
    const output = Array.from({ length: outputs }, () => this.#freshName());
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    // The operator in the name lets a profile be summed by operator.
    const name = `${opType}_${this.nodes.length}`;
    this.nodes.push(
      create(NodeProtoSchema, {
        name,
        opType: opType!,
        domain: domain!,
        input: [...inputs],
        output,
        attribute,
      }),
    );
    for (const name of output) this.#made.add(name);
    return output;
  }

  constant(value: NdArray): string {
    const { dtype, shape, data } = value;
    // Only small constants are worth comparing.
    const key =
      data.length <= 64
        ? `${dtype}[${shape}]${Array.from(data as ArrayLike<number | bigint>, exactText)}`
        : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#freshName();
    this.initializers.push(tensorProto(name, value));
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  float(value: number | readonly number[], shape?: readonly number[]): string {
    const data = typeof value === 'number' ? Float32Array.of(value) : Float32Array.from(value);
    return this.constant({
      dtype: 'float32',
      data,
      shape: shape ?? (typeof value === 'number' ? [] : [data.length]),
    });
  }

  ints(values: readonly number[]): string {
    return this.constant({
      dtype: 'int64',
      data: BigInt64Array.from(values, BigInt),
      shape: [values.length],
    });
  }

  sides(dims: readonly Dim[]): string {
    if (dims.every((dim) => typeof dim === 'number')) return this.ints(dims);
    return this.shared(
      'Concat',
      dims.map((dim) => this.#side(dim)),
      { axis: 0 },
    );
  }

  /**
   * Makes a value an output of the graph under a public name. If a node computes the value, it is renamed. If it is an input, a
   * constant or already an output, an Identity node copies it.
   */
  publish(value: string, name: string): void {
    if (this.#made.has(value) && !this.#public.has(value)) this.#public.set(value, name);
    else this.nodes.push(create(NodeProtoSchema, { opType: 'Identity', input: [value], output: [name] }));
  }

  /** The nodes, with public names, in the order of the file. Call it once, after the last {@link publish}. */
  finish(): NodeProto[] {
    const rename = (name: string) => this.#public.get(name) ?? name;
    for (const node of this.nodes) {
      node.input = node.input.map(rename);
      node.output = node.output.map(rename);
    }
    return breadthFirst(this.nodes);
  }

  /** A name that nothing else in the graph has. */
  #freshName(): string {
    return `#${this.#names++}`;
  }

  /** One side as an int64 vector of one element. */
  #side(dim: Dim): string {
    if (typeof dim === 'number') return this.ints([dim]);
    switch (dim.kind) {
      case 'symbol': {
        const source = this.#symbols.get(dim.text);
        if (source === undefined) throw new Error(`No input has the free side ${dim.text}.`);
        return this.shared('Shape', [source.input], { start: source.axis, end: source.axis + 1 });
      }
      case 'affine':
        return this.#affineSide(dim);
      case 'scaled':
        return this.#scaledSide(dim);
      case 'product':
        return dim.factors.map((factor) => this.#side(factor)).reduce((a, b) => this.shared('Mul', [a, b]));
    }
  }

  #affineSide({ of, mul, add, div }: Extract<SymbolicDim, { kind: 'affine' }>): string {
    // Integer division rounds towards zero. That equals ⌊⌋ because no side is negative.
    let side = this.#side(of);
    if (mul !== 1) side = this.shared('Mul', [side, this.ints([mul])]);
    if (add !== 0) side = this.shared('Add', [side, this.ints([add])]);
    return div === 1 ? side : this.shared('Div', [side, this.ints([div])]);
  }

  /** In double precision, as {@link scaled} computes it. */
  #scaledSide({ of, scale }: Extract<SymbolicDim, { kind: 'scaled' }>): string {
    const double = this.shared('Cast', [this.#side(of)], { to: TensorProto_DataType.DOUBLE });
    const product = this.shared('Mul', [double, this.#double(scale)]);
    return this.cast(this.shared('Floor', [product]), 'int64');
  }

  #double(value: number): string {
    const key = `double ${value}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#freshName();
    this.initializers.push(doubleProto(name, value));
    this.#constants.set(key, name);
    return name;
  }
}

/** The text of a number. Unlike `String` it distinguishes −0 from 0. */
function exactText(value: number | bigint): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function attributeProto(name: string, value: OnnxAttribute): AttributeProto {
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  if (typeof value === 'number') {
    if (!Number.isInteger(value))
      throw new Error(`The ONNX attribute ${name} is ${value}: write { float: … }.`);
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  }
  if ('float' in value) {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, {
    name,
    type: AttributeProto_AttributeType.INTS,
    ints: value.map(BigInt),
  });
}

/** The number by which ONNX identifies each element type. */
export const onnxDataType: Readonly<Record<DType, TensorProto_DataType>> = {
  float32: TensorProto_DataType.FLOAT,
  float16: TensorProto_DataType.FLOAT16,
  uint8: TensorProto_DataType.UINT8,
  int8: TensorProto_DataType.INT8,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

/** An array as an initialiser. Raw data are little-endian, like typed arrays on every platform that runs ONNX Runtime. */
function tensorProto(name: string, { dtype, shape, data }: NdArray): TensorProto {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: onnxDataType[dtype],
    rawData: bytes,
  });
}

/** A float64 number as an initialiser of one element. Only computations of sizes use it; no tensor of hmsa is float64. */
function doubleProto(name: string, value: number): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: [1n],
    dataType: TensorProto_DataType.DOUBLE,
    doubleData: [value],
  });
}
