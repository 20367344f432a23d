import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';

const elementTypes = {
  float32: TensorProto_DataType.FLOAT,
  float16: TensorProto_DataType.FLOAT16,
  float64: TensorProto_DataType.DOUBLE,
  uint8: TensorProto_DataType.UINT8,
  int8: TensorProto_DataType.INT8,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

type Declared = Record<string, [keyof typeof elementTypes, ...(number | string)[]]>;
type Node = [opType: string, inputs: string[], outputs: string[], integers?: Record<string, number>];

/** ONNX bytes of a graph written down by hand: `{ x: ['float32', 'n', 3] }` declares a tensor. */
export function onnxModel(inputs: Declared, nodes: Node[], outputs: Declared): Uint8Array {
  const node = nodes.map(([opType, input, output, integers = {}]) => {
    const attribute = Object.entries(integers).map(([name, value]) =>
      create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) }),
    );
    return create(NodeProtoSchema, { opType, input, output, attribute });
  });
  const graph = create(GraphProtoSchema, {
    name: 'test',
    node,
    input: declare(inputs),
    output: declare(outputs),
  });
  const opsetImport = [create(OperatorSetIdProtoSchema, { version: 17n })];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph }));
}

function declare(tensors: Declared) {
  return Object.entries(tensors).map(([name, [dtype, ...sides]]) => {
    const dim = sides.map((side) =>
      create(TensorShapeProto_DimensionSchema, {
        value:
          typeof side === 'number'
            ? { case: 'dimValue', value: BigInt(side) }
            : { case: 'dimParam', value: side },
      }),
    );
    const shape = create(TensorShapeProtoSchema, { dim });
    const value = create(TypeProto_TensorSchema, { elemType: elementTypes[dtype], shape });
    const type = create(TypeProtoSchema, { value: { case: 'tensorType', value } });
    return create(ValueInfoProtoSchema, { name, type });
  });
}

/** `w' = w + g`; outputs `total = Σ w'` and `same = w'`. */
export function accumulator(size: number): Uint8Array {
  return onnxModel(
    { w: ['float32', size], g: ['float32', 1] },
    [
      ['Add', ['w', 'g'], ['w_next']],
      ['ReduceSum', ['w_next'], ['total']],
      ['Identity', ['w_next'], ['same']],
    ],
    { w_next: ['float32', size], total: ['float32', 1], same: ['float32', size] },
  );
}

/** One step of gradient descent for `‖x·w − y‖²`: `w' = w − rate · xᵀ(x·w − y)`, and the loss before it. */
export function descent(rows: number, columns: number): Uint8Array {
  return onnxModel(
    {
      w: ['float32', columns, 1],
      x: ['float32', rows, columns],
      y: ['float32', rows, 1],
      rate: ['float32', 1],
    },
    [
      ['MatMul', ['x', 'w'], ['prediction']],
      ['Sub', ['prediction', 'y'], ['error']],
      ['Mul', ['error', 'error'], ['squares']],
      ['ReduceMean', ['squares'], ['loss']],
      ['Transpose', ['x'], ['xt']],
      ['MatMul', ['xt', 'error'], ['gradient']],
      ['Mul', ['gradient', 'rate'], ['change']],
      ['Sub', ['w', 'change'], ['w_next']],
    ],
    { w_next: ['float32', columns, 1], loss: ['float32', 1, 1] },
  );
}

/** `count` products of n×n matrices in a chain: a run that takes a while. */
export function longRun(n: number, count: number): Uint8Array {
  const nodes = Array.from({ length: count }, (_, i): Node => ['MatMul', [`x${i}`, 'm'], [`x${i + 1}`]]);
  return onnxModel({ x0: ['float32', n, n], m: ['float32', n, n] }, nodes, {
    [`x${count}`]: ['float32', n, n],
  });
}
