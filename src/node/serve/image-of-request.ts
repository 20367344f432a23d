import type { OwnBytes } from '../../base/arrays.js';
import { Problem } from './problem.js';

const FORM = 'multipart/form-data';
/** The field of a form that holds the image. */
export const IMAGE_FIELD = 'image';

/** What a body may be, as `Content-Type`. What kind of image it is, its content tells. */
export const bodyTypes = ['image/*', 'application/octet-stream', FORM] as const;

/**
 * Checks what the headers say about the body, before it is read.
 *
 * @throws Problem 415 for another type, or a body that is compressed once more
 */
export function checkBodyType(type: string | undefined, encoding: string | undefined): void {
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    const parts = { operation: 'Content-Encoding', expected: 'none', received: encoding };
    const remedy = 'Send the image as it is; image files are compressed already.';
    throw new Problem(415, { ...parts, remedy }, { 'Accept-Encoding': 'identity' });
  }
  const name = mediaType(type);
  if (name === '' || name.startsWith('image/') || name === 'application/octet-stream' || name === FORM)
    return;
  const remedy = 'Say what is sent: curl --data-binary @photo.jpg -H "Content-Type: image/jpeg".';
  const parts = { operation: 'Content-Type', expected: bodyTypes.join(', '), received: name };
  throw new Problem(415, { ...parts, remedy }, { Accept: bodyTypes.join(', ') });
}

/**
 * The bytes of the image file in a body.
 *
 * @throws Problem 400 when a form is damaged, or has no image or anything else in it
 */
export async function imageOf(body: Uint8Array, type: string | undefined): Promise<Uint8Array> {
  if (mediaType(type) !== FORM) return body;
  checkOnePart(body, type!);
  let form: FormData;
  try {
    form = await new Response(body as OwnBytes, { headers: { 'Content-Type': type! } }).formData();
  } catch (cause) {
    return refuse('a form as browsers send it', 'a damaged or incomplete one', 'Send it again.', cause);
  }
  const image = form.get(IMAGE_FIELD);
  if (image === null || typeof image === 'string') {
    const received = image === null ? 'another field' : 'a text instead of a file';
    return refuse(`one file as "${IMAGE_FIELD}"`, received, `curl -F ${IMAGE_FIELD}=@photo.jpg`);
  }
  if (image.size === 0) return refuse(`a file as "${IMAGE_FIELD}"`, 'an empty one', 'Choose an image.');
  return new Uint8Array(await image.arrayBuffer());
}

/** The longest header of a part; browsers write less than 200 bytes. */
const HEADER_BYTES = 8192;

/**
 * Checks that a form has one part with a short header. To parse a form of 32 MiB takes a minute if it is made of small parts, and
 * the server answers nobody else meanwhile.
 */
function checkOnePart(body: Uint8Array, type: string): void {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]*)"|([^\s;]*))/i.exec(type) ?? [];
  const boundary = quoted ?? plain ?? '';
  if (boundary === '')
    refuse('a boundary in Content-Type', 'none', 'Let the program that sends the form write this header.');
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const delimiter = `--${boundary}`;
  const begin = bytes.indexOf(delimiter);
  const end = bytes.indexOf(delimiter, begin + delimiter.length);
  if (begin < 0 || end < 0)
    refuse('a form as browsers send it', 'a damaged or incomplete one', 'Send it again.');
  if (bytes.indexOf(delimiter, end + delimiter.length) >= 0) {
    const remedy = 'Options belong into the query: /v1/segment?format=json.';
    refuse(`the field "${IMAGE_FIELD}" alone`, 'more fields', remedy);
  }
  const header = bytes.indexOf('\r\n\r\n', begin);
  if (header < 0 || header - begin > HEADER_BYTES)
    refuse('a form as browsers send it', 'one with a header that is too long', 'Send it again.');
}

function mediaType(type = ''): string {
  return type.split(';', 1)[0]!.trim().toLowerCase();
}

function refuse(expected: string, received: string, remedy: string, cause?: unknown): never {
  throw new Problem(400, { operation: FORM, expected, received, remedy, cause });
}
