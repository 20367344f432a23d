import { readSafetensors } from './safetensors.js';

/**
 * The metadata of a `.safetensors` file, whatever its arrays are and whether they are whole; undefined for bytes of another
 * kind.
 */
export function safetensorsMetadata(bytes: Uint8Array): ReadonlyMap<string, string> | undefined {
  let found: ReadonlyMap<string, string> | undefined;
  const enough = new Error('the metadata are read');
  try {
    readSafetensors(bytes, 'a file', {
      checkMetadata(metadata) {
        found = new Map(metadata);
        throw enough;
      },
    });
  } catch {
    // Before the metadata: of another kind. After them: `enough`.
  }
  return found;
}
