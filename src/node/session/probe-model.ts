import { create, toBinary } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';

/** The smallest graph that shows whether a device works: `sum = a + b`, float32 [4]. */
export function probeModel(): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [create(OperatorSetIdProtoSchema, { version: 17n })],
      graph: create(GraphProtoSchema, {
        name: 'probe',
        node: [create(NodeProtoSchema, { opType: 'Add', input: ['a', 'b'], output: ['sum'] })],
        input: [vector('a'), vector('b')],
        output: [vector('sum')],
      }),
    }),
  );
}

function vector(name: string): ValueInfoProto {
  const side = create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: 4n } });
  const shape = create(TensorShapeProtoSchema, { dim: [side] });
  const value = create(TypeProto_TensorSchema, { elemType: TensorProto_DataType.FLOAT, shape });
  const type = create(TypeProtoSchema, { value: { case: 'tensorType', value } });
  return create(ValueInfoProtoSchema, { name, type });
}
