import { create, toBinary } from '@bufbuild/protobuf';
import { AttributeProto_AttributeType, ModelProtoSchema } from 'onnx-buf';
import type { NdArray, OwnBytes } from '../../base/arrays.js';
import { onnxDataType } from './emitter.js';

/** The input that {@link withScratch} adds, int64 [1]: how many bytes a run takes and gives back. */
export const SCRATCH = 'scratch bytes';

/** What to feed to {@link SCRATCH}. */
export function scratchBytes(bytes: number): NdArray {
  return { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(bytes)) };
}

/**
 * A graph whose runs also take a block of memory, of as many bytes as is fed, and give it back. ONNX Runtime on a CPU takes memory in
 * regions that double, and keeps them: a large block in a small run makes one region of what would be many, each with holes of
 * its own.
 *
 * @param graph the bytes of an ONNX file. Messages of Protocol Buffers that follow one another are read as one, whose lists are joined,
 *   so the nodes are appended as they are
 */
export function withScratch(graph: Uint8Array): OwnBytes {
  const one = (name: string) => ({
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: {
          elemType: onnxDataType.int64,
          shape: { dim: [{ value: { case: 'dimValue' as const, value: 1n } }] },
        },
      },
    },
  });
  const zero = { dims: [1n], dataType: onnxDataType.uint8, rawData: Uint8Array.of(0) };
  const block = {
    opType: 'ConstantOfShape',
    input: [SCRATCH],
    output: ['scratch block'],
    attribute: [{ name: 'value', type: AttributeProto_AttributeType.TENSOR, t: zero }],
  };
  // What no output reads would be left out.
  const reader = { opType: 'Shape', input: ['scratch block'], output: ['scratch'] };
  const node = [block, reader];
  const more = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { graph: { node, input: [one(SCRATCH)], output: [one('scratch')] } }),
  );
  const bytes = new Uint8Array(graph.length + more.length);
  bytes.set(graph);
  bytes.set(more, graph.length);
  return bytes;
}
