import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { checkArgument, HmsaError } from '../../base/errors/index.js';

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
