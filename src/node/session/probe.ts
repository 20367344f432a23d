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
import { float32 } from '../../base/arrays.js';
import { HmsaError } from '../../base/errors/index.js';
import type { Device } from '../../engine/runtime/index.js';
import { openSessionInThread } from './load-runtime.js';

/** A process that adds four numbers on the device named in its argument, and prints the result or the error. */

async function probe(device: Device): Promise<void> {
  const session = await openSessionInThread(probeModel(), { device, threads: 1 });
  const vector = () => float32(Float32Array.of(1, 2, 3, 4), [4]);
  const { sum } = await session.run({ a: vector(), b: vector() });
  const right = sum?.data.every((value, index) => Number(value) === 2 * (index + 1));
  const received = !right ? 'a wrong sum' : session.partlyOnCpu ? 'the CPU at work instead' : undefined;
  await session.dispose();
  if (received === undefined) return;
  throw new HmsaError({ operation: `device ${device}`, expected: 'a sum computed on it', received });
}

try {
  await probe(process.argv[2] as Device);
  process.stdout.write(JSON.stringify({ usable: true }));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const reason = message.replace(/^device \w+: /, '');
  process.stdout.write(JSON.stringify({ usable: false, reason }));
}

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
