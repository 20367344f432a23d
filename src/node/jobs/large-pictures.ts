import { createReadStream, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withFile } from '../../base/errors/index.js';
import { cocoFile, polygons } from '../../report/shapes/index.js';
import { atEnd, temporaryName } from '../files/index.js';
import {
  encodedLabels,
  encodePyramid,
  encodeRows,
  piecesWithSoftware,
  type RawImage,
} from '../images/index.js';
import {
  attentionPictures,
  type BandPicture,
  bandPicture,
  colorPicture,
  type LargeLabelled,
  rawPicture,
} from './band-pictures.js';
import { ownJson, type PictureKind, pictureKinds } from './outputs.js';
import { OWN_SOFTWARE, type PictureFiles } from './picture-files.js';
import type { Refusals } from './refusals.js';
import { checkShapeMemory } from './shape-memory.js';

/** Where the pictures go, and how. */
interface Place {
  readonly target: PictureFiles;
  /** The path of the pictures, without `.labels.png` and the like. */
  readonly stem: string;
  readonly pyramid: boolean;
  readonly signal: AbortSignal | undefined;
  /** Bytes that polygons and run lengths may take. */
  readonly memory: number;
  /** What errors call the image. */
  readonly called: string;
  /** Takes those of them that need more. */
  readonly refusals: Refusals;
}

/** The path of a new temporary file for pixels. */
export function temporaryIn(folder: string): string {
  return join(folder, `${temporaryName()}.v`);
}

/**
 * Writes the pictures of a large image one after the other, each with its temporary file alone.
 *
 * @returns the paths of what was written
 * @throws HmsaError when one cannot be written; the reason of an abort
 */
export async function* writeLargePictures(
  of: LargeLabelled,
  save: readonly PictureKind[],
  place: Place,
): AsyncGenerator<string, void, undefined> {
  for (const kind of pictureKinds) {
    if (!save.includes(kind)) continue;
    place.signal?.throwIfAborted();
    if (kind === 'labels') yield await writeLabels('labels', of, place);
    else if (kind === 'confidence') yield await writeImage(of.maps.get(kind)!, kind, 'grey16', place);
    else if (kind === 'polygons' || kind === 'rle') yield* writeShapes(kind, of, place);
    else if (kind === 'scales') yield* writeScales(of, place);
    else for (const picture of picturesOf(kind, of, save)) yield await writePicture(picture, of, place);
  }
}

function picturesOf(
  kind: Exclude<PictureKind, 'labels' | 'confidence' | 'polygons' | 'rle' | 'scales'>,
  of: LargeLabelled,
  save: readonly PictureKind[],
): Iterable<BandPicture> {
  if (kind === 'attention') return attentionPictures(of, save.includes('legend'));
  return kind === 'figure' ? [] : [bandPicture(kind, of)];
}

async function* writeScales(of: LargeLabelled, place: Place): AsyncGenerator<string, void, undefined> {
  for (const scale of of.scales) {
    const map = `labels@${scale}`;
    yield await writeLabels(map, of, place);
    yield await writePicture(colorPicture(map, of), of, place);
  }
}

async function writeLabels(map: string, { maps, classes }: LargeLabelled, { target, stem }: Place) {
  const path = `${stem}.${map}.png`;
  const png = await encodedLabels(maps.get(map)!, { palette: classes.colors, software: OWN_SOFTWARE });
  await target.write(path, png);
  return path;
}

async function writePicture(picture: BandPicture, { photo }: LargeLabelled, place: Place): Promise<string> {
  const raw = await rawPicture(picture, photo, () => temporaryIn(dirname(place.stem)), place.signal);
  try {
    return await writeImage(raw, picture.name, 'rgb', place);
  } finally {
    await raw.close();
  }
}

async function writeImage(
  image: RawImage,
  name: string,
  form: 'rgb' | 'grey16',
  { target, stem, pyramid }: Place,
): Promise<string> {
  const isPyramid = pyramid && (name === 'color' || name === 'overlay');
  const path = `${stem}.${name}.${isPyramid ? 'tif' : 'png'}`;
  const encoded = join(dirname(stem), temporaryName());
  const callOff = atEnd(() => rmSync(encoded, { force: true }));
  try {
    // Errors name the picture, not the temporary file.
    await withFile(path, () =>
      isPyramid ? encodePyramid(image, encoded, OWN_SOFTWARE) : encodeRows(image, encoded, form),
    );
    const pieces = createReadStream(encoded);
    await target.write(path, isPyramid ? pieces : piecesWithSoftware(pieces, OWN_SOFTWARE));
    return path;
  } finally {
    await rm(encoded, { force: true });
    callOff();
  }
}

async function* writeShapes(
  kind: 'polygons' | 'rle',
  { maps, classes, photo: { width, height }, name }: LargeLabelled,
  { target, stem, memory, refusals, called }: Place,
): AsyncGenerator<string, void, undefined> {
  const path = `${stem}.${kind}.json`;
  const { data } = await maps.get('labels')!.read({ x: 0, y: 0, width, height });
  const checked = await refusals.attempt(() => {
    checkShapeMemory(kind, data, width, height, called, memory);
    return true;
  });
  if (checked === undefined) return;
  await target.write(
    path,
    kind === 'rle'
      ? ownJson(cocoFile(name, data, width, height, classes))
      : polygonPieces(data, width, height, classes),
  );
  yield path;
}

/** The file of polygons, feature by feature: as one text it can be longer than a text may be. */
function* polygonPieces(
  labels: Uint8Array,
  width: number,
  height: number,
  classes: LargeLabelled['classes'],
): Generator<string> {
  const { features, ...rest } = polygons(labels, width, height, classes);
  const head = ownJson({ ...rest, features: [] }, { width, height });
  const end = head.lastIndexOf(']');
  yield head.slice(0, end);
  for (const [i, feature] of features.entries()) yield `${i > 0 ? ',' : ''}${JSON.stringify(feature)}`;
  yield head.slice(end);
}
