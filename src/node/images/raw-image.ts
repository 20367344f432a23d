import { rmSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import type { Size } from '../../data/index.js';
import type { ImagePart, Region } from '../../prediction/index.js';
import { atEnd } from '../files/index.js';
import { toDisk } from './disk.js';

/** The header of a file of libvips (`.v`), in front of the pixels: 16 numbers of 32 bits. */
const HEADER = 64;
const MAGIC = 0x08f2a6b6;
/** What libvips calls pixels of one channel, of three in sRGB, and of one of 16 bits; and how it calls their numbers. */
const FORMS = {
  grey: { channels: 1, bytes: 1, interpretation: 1, format: 0 },
  rgb: { channels: 3, bytes: 1, interpretation: 22, format: 0 },
  grey16: { channels: 1, bytes: 2, interpretation: 26, format: 2 },
} as const;
/** The pixels of an image to write into; those of `grey16` are in the byte order of the machine. */
export type RawForm = keyof typeof FORMS;

/** Bytes of a pixel. */
export function bytesOfPixel(form: RawForm): number {
  return FORMS[form].channels * FORMS[form].bytes;
}

/**
 * An image of bytes in a temporary file, uncompressed, in the form of libvips: sharp reads and writes it a few rows at a time,
 * and any rectangle of it can be read. It is deleted when it is closed and when the process ends.
 */
export class RawImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly path: string;
  readonly #pixelBytes: number;
  readonly #file: FileHandle;
  readonly #callOff: () => void;

  private constructor(path: string, file: FileHandle, size: Size, channels: number, pixelBytes = channels) {
    this.path = path;
    this.#file = file;
    this.width = size.width;
    this.height = size.height;
    this.channels = channels;
    this.#pixelBytes = pixelBytes;
    this.#callOff = atEnd(() => rmSync(path, { force: true }));
  }

  /** An image to write into. @throws HmsaError when the file cannot be created */
  static async create(path: string, size: Size, form: RawForm): Promise<RawImage> {
    const { channels, bytes, interpretation, format } = FORMS[form];
    const file = await toDisk(path, open(path, 'wx+', 0o600));
    const image = new RawImage(path, file, size, channels, bytesOfPixel(form));
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(MAGIC, 0);
    header.writeUInt32LE(size.width, 4);
    header.writeUInt32LE(size.height, 8);
    header.writeUInt32LE(channels, 12);
    header.writeUInt32LE(8 * bytes, 16);
    header.writeUInt32LE(format, 20);
    header.writeUInt32LE(interpretation, 28);
    header.writeFloatLE(1, 32);
    header.writeFloatLE(1, 36);
    await image.#write(header, 0);
    return image;
  }

  /**
   * What a sharp pipeline makes, of 1 to 4 channels, written row by row.
   *
   * @throws HmsaError when the file cannot be created or the disk is full; the error of sharp for an image that cannot be read
   */
  static async from(path: string, pipeline: Sharp): Promise<RawImage> {
    const callOff = atEnd(() => rmSync(path, { force: true }));
    try {
      // Before sharp does, whose error would not say why, and so that others cannot read it.
      await (await toDisk(path, open(path, 'wx', 0o600))).close();
      await toDisk(path, pipeline.toFile(path));
      const file = await open(path, 'r');
      const header = Buffer.alloc(HEADER);
      await file.read(header, 0, HEADER, 0);
      const [width, height, channels] = [4, 8, 12].map((at) => header.readUInt32LE(at)) as [
        number,
        number,
        number,
      ];
      if (channels > 4 || header.readUInt32LE(20) !== 0) {
        await file.close();
        throw new Error(`expected 8 bits and at most 4 bands, received ${channels} bands`);
      }
      return new RawImage(path, file, { width, height }, channels);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      callOff();
    }
  }

  /** The pixels as a sharp pipeline, which reads them from top to bottom. */
  pipeline(): Sharp {
    return sharp(this.path, { limitInputPixels: false });
  }

  /** Writes whole rows. @throws HmsaError when the disk is full */
  async write(y: number, rows: Uint8Array): Promise<void> {
    await this.#write(rows, HEADER + y * this.width * this.#pixelBytes);
  }

  async #write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await toDisk(
        this.path,
        this.#file.write(bytes, done, bytes.length - done, at + done),
      );
      done += bytesWritten;
    }
  }

  async read({ x, y, width, height }: Region): Promise<ImagePart> {
    const channels = this.#pixelBytes;
    const data = new Uint8Array(width * height * channels);
    // Whole rows are one read.
    const [rows, row] = width === this.width ? [1, data.length] : [height, width * channels];
    for (let i = 0; i < rows; i++) {
      const at = HEADER + ((y + i) * this.width + x) * channels;
      for (let done = 0; done < row; ) {
        const { bytesRead } = await toDisk(
          this.path,
          this.#file.read(data, i * row + done, row - done, at + done),
        );
        if (bytesRead === 0) throw new Error(`${this.path} ends too early.`);
        done += bytesRead;
      }
    }
    return { x, y, width, height, data };
  }

  async close(): Promise<void> {
    await this.#file.close();
    await rm(this.path, { force: true });
    this.#callOff();
  }
}
