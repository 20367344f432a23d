import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Context } from 'hono';
import { getMimeType } from 'hono/utils/mime';

const PIECE = 2 ** 16;

/** A part of a path that names a file: no dot at its beginning, no slash of any kind, no zero, nothing that is encoded. */
const namePattern = /^[\w@~-][\w@~+., -]*$/;

/**
 * The file in a folder that the path of an address names. A path outside of the folder cannot be written in the letters that are
 * allowed, and a link that leads out of the folder is not followed.
 *
 * @returns nothing if there is no such file
 */
export async function fileIn(folder: string, path: string): Promise<string | undefined> {
  const names = (path.endsWith('/') ? `${path}index.html` : path).split('/').slice(1);
  if (!names.every((name) => namePattern.test(name))) return undefined;
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, ...names));
    return file.startsWith(root + sep) ? file : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A file as an answer. A browser that has it asks each time whether it has changed, so that nothing is ever out of date.
 *
 * @returns nothing if it is not a regular file, or cannot be read
 */
export async function fileResponse(
  c: Context,
  path: string,
  type = getMimeType(path) ?? 'application/octet-stream',
): Promise<Response | undefined> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK, opening a named pipe waits for a writer.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch {
    return undefined;
  }
  let isStreamed = false;
  try {
    const info = await file.stat();
    if (!info.isFile()) return undefined;
    const etag = `"${info.size.toString(36)}-${Math.round(info.mtimeMs).toString(36)}"`;
    const headers = { ETag: etag, 'Cache-Control': 'no-cache' };
    if (isKnown(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers });
    const whole = { ...headers, 'Content-Type': type, 'Content-Length': `${info.size}` };
    // The body of an answer to HEAD is never read, so nothing would close the file.
    if (c.req.method === 'HEAD') return new Response(null, { headers: whole });
    isStreamed = true;
    return new Response(streamOf(file, info.size), { headers: whole });
  } finally {
    if (!isStreamed) await file.close();
  }
}

function isKnown(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((known) => known.trim().replace(/^W\//, '') === etag);
}

/** The first `size` bytes of a file, which is closed at its end. */
function streamOf(file: FileHandle, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = new Uint8Array(Math.min(PIECE, size - at));
          const { bytesRead } =
            piece.length === 0 ? { bytesRead: 0 } : await file.read(piece, 0, piece.length, at);
          at += bytesRead;
          if (bytesRead > 0) controller.enqueue(piece.subarray(0, bytesRead));
          if (at < size && bytesRead > 0) return;
          await file.close();
          controller.close();
        } catch (error) {
          await file.close().catch(() => {});
          controller.error(error);
        }
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  );
}
