/** What the first bytes of a file say about its format. */
export interface FileFormat {
  readonly name: string;
  /** Whether hmsa reads it. */
  readonly isReadable: boolean;
}

/** The most bytes that {@link formatOf} looks at. */
export const FORMAT_BYTES = 32;

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
/** A signature; null is any byte. */
type Signature = readonly (number | null)[];
const any = (count: number): null[] => new Array(count).fill(null);

const readable: readonly (readonly [name: string, signature: Signature])[] = [
  ['PNG', [0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a]],
  ['JPEG', [0xff, 0xd8, 0xff]],
  ['GIF', ascii('GIF8')],
  ['WebP', [...ascii('RIFF'), ...any(4), ...ascii('WEBP')]],
  ['TIFF', [...ascii('II*'), 0]],
  ['TIFF', [...ascii('MM'), 0, 42]],
  ['TIFF', [...ascii('II+'), 0]],
  ['TIFF', [...ascii('MM'), 0, 43]],
  ['AVIF', [...any(4), ...ascii('ftypavi')]],
];

const others: readonly (readonly [name: string, signature: Signature])[] = [
  ['HEIC', [...any(4), ...ascii('ftyphe')]],
  ['BMP', [...ascii('BM'), ...any(4), 0, 0, 0, 0]],
  ['Photoshop', ascii('8BPS')],
  ['JPEG 2000', [0, 0, 0, 12, ...ascii('jP  ')]],
  ['JPEG 2000', [0xff, 0x4f, 0xff, 0x51]],
  ['JPEG XL', [0xff, 0x0a]],
  ['JPEG XL', [0, 0, 0, 12, ...ascii('JXL ')]],
  ['JPEG XR', [...ascii('II'), 0xbc]],
  ['GIMP', ascii('gimp xcf')],
  ['OpenEXR', [0x76, 0x2f, 0x31, 0x01]],
  ['Radiance HDR', ascii('#?RADIANCE')],
  ['ICO', [0, 0, 1, 0]],
  ['QOI', ascii('qoif')],
  ['DDS', ascii('DDS ')],
  ['Canon raw', [...any(4), ...ascii('ftypcrx')]],
  ['Fujifilm raw', ascii('FUJIFILMCCD-RAW')],
  ['PDF', ascii('%PDF-')],
  ['SVG', ascii('<svg')],
  ...[1, 2, 3, 4, 5, 6].map((kind) => ['Netpbm', [...ascii(`P${kind}`), 10]] as const),
];

/** The picture format of a file by its first {@link FORMAT_BYTES} bytes; undefined if they are not of a known one. */
export function formatOf(bytes: Uint8Array): FileFormat | undefined {
  const fits = ([, signature]: (typeof readable)[number]) =>
    signature.every((byte, i) => (byte === null ? bytes.length > i : bytes[i] === byte));
  // Canon's raw files begin as TIFF does, and hold a small preview that would be read in their place.
  if (bytes[8] === 0x43 && bytes[9] === 0x52 && bytes[0] === 0x49)
    return { name: 'Canon raw', isReadable: false };
  const known = readable.find(fits);
  if (known !== undefined) return { name: known[0], isReadable: true };
  // HEIC and AVIF share a container whose main brand may be a general one.
  if (fits(['', [...any(4), ...ascii('ftypm'), null, null, ascii('1')[0]!]])) {
    const brands = String.fromCharCode(...bytes.subarray(16, FORMAT_BYTES));
    return brands.includes('avif') ? { name: 'AVIF', isReadable: true } : { name: 'HEIC', isReadable: false };
  }
  const other = others.find(fits);
  return other && { name: other[0], isReadable: false };
}

/** Endings of pictures that are read. */
export const readableEndings = [
  '.png',
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.webp',
  '.tif',
  '.tiff',
  '.avif',
  '.gif',
];

/**
 * Endings of raw photographs of cameras. Many are TIFF files, of which a reader of TIFF sees only a small preview.
 */
export const rawEndings: readonly string[] =
  '.dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .orf .raf .rw2 .pef .srw .raw .3fr .iiq .x3f'.split(' ');

/** Endings of other pictures that cannot be read. */
export const otherEndings: readonly string[] =
  '.heic .heif .hif .bmp .dib .jp2 .j2k .jpf .jpx .jxl .jxr .psd .psb .xcf .svg .ppm .pgm .pbm .pnm .pam .tga .pcx .ico .exr .hdr'.split(
    ' ',
  );
