import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { explain, makeFolder } from '../files/index.js';
import { crc32c } from './crc32c.js';

/** What a step has to show, by its name. Names with the same beginning up to `/` stand together. */
export type Shown =
  | { readonly kind: 'scalar'; readonly tag: string; readonly value: number }
  /** Markdown. */
  | { readonly kind: 'text'; readonly tag: string; readonly text: string }
  | {
      readonly kind: 'image';
      readonly tag: string;
      readonly png: Uint8Array;
      readonly width: number;
      readonly height: number;
    };

/** What is written about one moment of a run. */
export type Entry =
  | { readonly kind: 'version' }
  /** Everything that earlier files say of this step and of later ones is void. */
  | { readonly kind: 'restart'; readonly step: number }
  | { readonly kind: 'shown'; readonly step: number; readonly values: readonly Shown[] };

/**
 * A file of events for TensorBoard, which shows all files of a folder together: a sequence of records (`tfrecord` of
 * TensorFlow: length, its checksum, data, their checksum), each of which is a message `Event`
 * (tensorboard/compat/proto/event.proto).
 */
export class EventFile {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens a new file in a folder, which is created if necessary. Its name sorts after those of the files that are there,
   * because TensorBoard reads them in this order.
   *
   * @param now seconds since 1970
   * @throws HmsaError when the folder cannot be written
   */
  static async create(folder: string, now = Date.now() / 1000): Promise<EventFile> {
    await makeFolder(folder);
    const path = join(folder, await nameIn(folder, now));
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'ax');
      const events = new EventFile(path, file);
      await events.write([{ kind: 'version' }], now);
      return events;
    } catch (error) {
      await file?.close().catch(() => {});
      throw explain(path, error);
    }
  }

  async write(entries: readonly Entry[], now = Date.now() / 1000): Promise<void> {
    try {
      for (const entry of entries) await this.#file.appendFile(record(encodeEvent(entry, now)));
    } catch (error) {
      throw explain(this.#path, error);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function nameIn(folder: string, now: number): Promise<string> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw explain(folder, error);
  });
  const earlier = names.map((name) => Number(/^events\.out\.tfevents\.(\d{10})/.exec(name)?.[1] ?? 0));
  const second = Math.max(Math.floor(now), ...earlier.map((at) => at + 1));
  return `events.out.tfevents.${String(second).padStart(10, '0')}.hmsa`;
}

/** One record: length (uint64), masked CRC-32C of the length, data, masked CRC-32C of the data; little endian. */
export function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + data.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return bytes;
}

/** Rotated and shifted, because a checksum of data that contain checksums would be weak. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const { Varint, Bit64, Bit32, LengthDelimited } = WireType;

/** A message `Event`. @param now seconds since 1970 */
export function encodeEvent(entry: Entry, now: number): Uint8Array {
  const event = new BinaryWriter().tag(1, Bit64).double(now);
  switch (entry.kind) {
    case 'version':
      return event.tag(3, LengthDelimited).string('brain.Event:2').finish();
    case 'restart': {
      // SessionLog with status START.
      event.tag(2, Varint).int64(entry.step);
      return event.tag(7, LengthDelimited).fork().tag(1, Varint).int32(1).join().finish();
    }
    case 'shown': {
      event.tag(2, Varint).int64(entry.step);
      event.tag(5, LengthDelimited).fork();
      for (const value of entry.values) writeValue(event, value);
      return event.join().finish();
    }
  }
}

/** A message `Summary.Value` within a `Summary`. */
function writeValue(summary: BinaryWriter, shown: Shown): void {
  summary.tag(1, LengthDelimited).fork().tag(1, LengthDelimited).string(shown.tag);
  switch (shown.kind) {
    case 'scalar':
      summary.tag(2, Bit32).float(shown.value);
      break;
    case 'image': {
      const { width, height, png } = shown;
      summary.tag(4, LengthDelimited).fork().tag(1, Varint).int32(height).tag(2, Varint).int32(width);
      // Three channels: RGB.
      summary.tag(3, Varint).int32(3).tag(4, LengthDelimited).bytes(png).join();
      break;
    }
    case 'text': {
      // TensorProto: dtype DT_STRING, a shape of one element, the text.
      summary.tag(8, LengthDelimited).fork().tag(1, Varint).int32(7);
      summary.tag(2, LengthDelimited).fork().tag(2, LengthDelimited).fork();
      summary.tag(1, Varint).int64(1).join().join();
      summary.tag(8, LengthDelimited).string(shown.text).join();
      // SummaryMetadata with the name of the plugin.
      summary.tag(9, LengthDelimited).fork().tag(1, LengthDelimited).fork();
      summary.tag(1, LengthDelimited).string('text').join().join();
    }
  }
  summary.join();
}
