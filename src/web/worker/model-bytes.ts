import { HmsaError } from '../../base/errors/index.js';
import type { Progress, SentModel } from '../protocol.js';

/** Larger files are not read: the memory of WebAssembly ends at 4 GiB. */
const MOST_BYTES = 2 ** 31;

/** The bytes of a model and the name of its file. @throws HmsaError when they cannot be had */
export async function modelBytes(
  model: SentModel,
  say: (progress: Progress) => void,
): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
  if ('bytes' in model) return model;
  if ('blob' in model) {
    const { blob, name } = model;
    requireSize(name, blob.size);
    return { name, bytes: new Uint8Array(await blob.arrayBuffer()) };
  }
  const name = decodeURIComponent(new URL(model.url).pathname.split('/').at(-1) || 'model');
  return { name, bytes: await download(model.url, name, say) };
}

async function download(url: string, name: string, say: (progress: Progress) => void): Promise<Uint8Array> {
  const response = await fetch(url).catch((cause) => {
    throw new HmsaError({
      operation: `model ${name}`,
      expected: 'an address that this page can read',
      received: `"${(cause as Error).message}" for ${url}`,
      remedy: 'Check the address and, on another origin, that it allows this one (CORS).',
    });
  });
  if (!response.ok || response.body === null) {
    throw new HmsaError({
      operation: `model ${name}`,
      expected: 'a model at this address',
      received: `status ${response.status} for ${url}`,
    });
  }
  const length = Number(response.headers.get('content-length')) || undefined;
  const isCoded = response.headers.has('content-encoding');
  const total = isCoded ? undefined : length;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  const reader = response.body.getReader();
  for (;;) {
    const part = await reader.read();
    if (part.done) break;
    parts.push(part.value);
    done += part.value.length;
    requireSize(name, done);
    say({ stage: 'download', done, ...(total === undefined ? {} : { total }) });
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function requireSize(name: string, bytes: number): void {
  if (bytes <= MOST_BYTES) return;
  throw new HmsaError({
    operation: `model ${name}`,
    expected: `at most ${MOST_BYTES / 2 ** 30} GiB`,
    received: `${(bytes / 2 ** 30).toFixed(1)} GiB`,
  });
}
