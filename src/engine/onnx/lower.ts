import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type ValueInfoProto, ValueInfoProtoSchema } from 'onnx-buf';
import type { DType, NdArray, OwnBytes } from '../../base/arrays.js';
import { checkArgument, HmsaError, isObject, isRecord } from '../../base/errors/index.js';
import {
  type Constant,
  type Dim,
  dimText,
  equalShapes,
  expectProgram,
  type Input,
  isConstant,
  isInput,
  isVariable,
  type Program,
  reachable,
  type Tensor,
  type Variable,
} from '../graph/index.js';
import { simplify } from '../passes/index.js';
import { GraphEmitter, onnxDataType, type SideSource } from './emitter.js';

/**
 * Simplifies a program and lowers it to the bytes of an ONNX file. Training and inference both use this function.
 *
 * @throws HmsaError as the passes and {@link lower} do
 */
export function compile(program: Program, notes: FileNotes = {}): OwnBytes {
  return lower(simplify(expectProgram('compile', program)), notes);
}

/** The operator sets that emitted files declare. */
const OPSET = 21;
const IR_VERSION = 10;

/** The metadata of an ONNX file. */
export interface FileNotes {
  /** For people. */
  readonly description?: string;
  /** The version of hmsa that makes the file. */
  readonly version?: string;
  /** For programs, by key (`metadata_props`). */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Lowers a program to the bytes of an ONNX file without changing it; {@link compile} simplifies it first. Inputs and outputs
 * keep their names. Variables without a constant value become inputs under their names. Only tensors that the outputs depend
 * on are emitted, in a fixed order, so equal graphs give equal bytes.
 *
 * @throws HmsaError when two inputs or an input and an output share a name, or a constant does not fit its variable
 */
export function lower(program: Program, notes: FileNotes = {}): OwnBytes {
  const { outputs, constants } = expectProgram('lower', program);
  checkNotes(notes);
  const order = reachable(Object.values(outputs));
  const inputs = order.filter(
    (tensor): tensor is Input | Variable =>
      isInput(tensor) || (isVariable(tensor) && !constants.has(tensor.attributes.name)),
  );
  refuseEqualNames(inputs, Object.keys(outputs));
  const emitter = new GraphEmitter(sideSources(inputs));
  const names = new Map<Tensor, string>();
  for (const tensor of order) names.set(tensor, emit(tensor, emitter, names, constants));
  for (const [name, tensor] of Object.entries(outputs)) emitter.publish(names.get(tensor)!, name);
  const node = emitter.finish();
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSION),
    producerName: 'hmsa',
    producerVersion: notes.version ?? '',
    docString: notes.description ?? '',
    metadataProps: Object.entries(notes.metadata ?? {}).map(([key, value]) => ({ key, value })),
    opsetImport: [
      { domain: '', version: BigInt(OPSET) },
      ...(emitter.nodes.some((node) => node.domain !== '') ? [{ domain: 'com.microsoft', version: 1n }] : []),
    ],
    graph: {
      name: 'hmsa',
      node,
      initializer: emitter.initializers,
      input: inputs.map((tensor) => valueInfo(tensor.attributes.name, tensor)),
      output: Object.entries(outputs).map(([name, tensor]) => valueInfo(name, tensor)),
      valueInfo: shapesOfSummands(order, names, outputs),
    },
  });
  return toBinary(ModelProtoSchema, model) as OwnBytes;
}

/**
 * The shapes of images of free sides that are added to each other. With them ONNX Runtime's CPU can tell that two have equal
 * sides, and adds within the convolution that computes one of them.
 */
function shapesOfSummands(
  order: readonly Tensor[],
  names: ReadonlyMap<Tensor, string>,
  outputs: Program['outputs'],
): ValueInfoProto[] {
  const published = new Set(Object.values(outputs));
  const isFree = ({ shape }: Tensor) => shape.length === 4 && shape.some((side) => typeof side !== 'number');
  const summands = order
    .filter(({ operator, inputs: [a, b] }) => operator.name === 'add' && equalShapes(a!.shape, b!.shape))
    .flatMap(({ inputs }) => inputs)
    .filter((summand) => isFree(summand) && !isInput(summand) && !published.has(summand));
  const shapes = new Map(summands.map((summand) => [names.get(summand)!, summand]));
  return [...shapes].map(([name, summand]) => valueInfo(name, summand));
}

function checkNotes(notes: FileNotes): void {
  checkArgument(isRecord(notes), 'lower, notes', 'an object', notes);
  const { description = '', version = '', metadata = {} } = notes;
  for (const text of [description, version])
    checkArgument(typeof text === 'string', 'lower, notes', 'texts', text);
  checkArgument(isRecord(metadata), 'lower, metadata', 'an object of texts', metadata);
  for (const [key, value] of Object.entries(metadata))
    checkArgument(typeof value === 'string', `lower, metadata, ${key}`, 'a text', value);
}

function emit(
  tensor: Tensor,
  emitter: GraphEmitter,
  names: ReadonlyMap<Tensor, string>,
  constants: ReadonlyMap<string, NdArray>,
): string {
  if (isInput(tensor)) return tensor.attributes.name;
  if (isVariable(tensor)) {
    const { name, shape } = tensor.attributes;
    const value = constants.get(name);
    if (value === undefined) return name;
    checkArgument(isObject(value), `lower: ${name}`, 'an array as { dtype, shape, data }', value);
    if (String(value.shape) !== String(shape) || value.dtype !== 'float32') {
      throw new HmsaError({
        operation: `lower: ${name}`,
        expected: `float32 [${shape}]`,
        received: `${value.dtype} [${value.shape}]`,
      });
    }
    return emitter.constant(value);
  }
  if (isConstant(tensor)) return emitter.constant(arrayOf(tensor));
  const operands = tensor.inputs.map((operand) => names.get(operand)!);
  return tensor.operator.onnx(emitter, operands, tensor);
}

/** The array of a constant. Numbers that are held in float64 are rounded to float32. */
function arrayOf({ attributes: { data, shape, dtype } }: Constant): NdArray {
  return { dtype, shape, data: data instanceof Float64Array ? Float32Array.from(data) : data } as NdArray;
}

function refuseEqualNames(inputs: readonly (Input | Variable)[], outputs: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of [...inputs.map(({ attributes }) => attributes.name), ...outputs]) {
    if (seen.has(name)) {
      throw new HmsaError({
        operation: 'lower',
        expected: 'inputs, variables and outputs with names of their own',
        received: `two that are called ${name}`,
      });
    }
    seen.add(name);
  }
}

/** For each symbol, the first axis of an input whose side is just that symbol. */
function sideSources(inputs: readonly (Input | Variable)[]): Map<string, SideSource> {
  const sources = new Map<string, SideSource>();
  for (const { attributes } of inputs) {
    (attributes.shape as readonly Dim[]).forEach((dim, axis) => {
      if (typeof dim !== 'number' && dim.kind === 'symbol' && !sources.has(dim.text)) {
        sources.set(dim.text, { input: attributes.name, axis });
      }
    });
  }
  return sources;
}

function valueInfo(name: string, { shape, dtype }: { shape: readonly Dim[]; dtype: DType }): ValueInfoProto {
  const dim = shape.map((side) => ({
    value:
      typeof side === 'number'
        ? ({ case: 'dimValue', value: BigInt(side) } as const)
        : ({ case: 'dimParam', value: dimText(side) } as const),
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: onnxDataType[dtype], shape: { dim } } } },
  });
}

/**
 * The metadata of an ONNX file (`metadata_props`) by key. ONNX Runtime for JavaScript does not give them.
 *
 * @param source what errors call the file
 * @throws HmsaError when the bytes are no ONNX file
 */
export function onnxMetadata(bytes: Uint8Array, source = 'onnxMetadata'): Record<string, string> {
  checkArgument(bytes instanceof Uint8Array, 'onnxMetadata', 'the bytes of a file as Uint8Array', bytes);
  checkArgument(typeof source === 'string', 'onnxMetadata', 'what to call the file', source);
  const refuse = (received: string, cause?: unknown): never => {
    throw new HmsaError({
      operation: source,
      expected: 'an ONNX file',
      received,
      remedy: 'Get the file again; it is damaged or of another kind.',
      cause,
    });
  };
  try {
    const { graph, metadataProps } = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
    if (graph === undefined) return refuse(`${bytes.length} bytes without a graph`);
    return Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
  } catch (error) {
    if (error instanceof HmsaError) throw error;
    return refuse(`${bytes.length} bytes that are none`, error);
  }
}
