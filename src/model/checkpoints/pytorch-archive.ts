import { printable } from '../../base/errors/index.js';
import { PickleReader } from './pickle.js';
import type { StorageRecord } from './pickle-values.js';
import { pytorchTensors, storageBytes } from './pytorch-tensors.js';
import { torchMeanings } from './torch-objects.js';
import type { Refuse, WeightFile } from './weight-file.js';
import { contentOf, type ZipEntry } from './zip.js';

/** The newest version of the format that this reader was written for; PyTorch's own bound. */
const NEWEST = 10;

/** Whether the files of an archive are those of PyTorch. */
export function isPytorch(entries: ReadonlyMap<string, ZipEntry>): boolean {
  return [...entries.keys()].some((name) => /(^|\/)data\.pkl$/.test(name));
}

/**
 * A file of `torch.save` since PyTorch 1.6: a zip archive of one folder with the pickle `data.pkl`, and a file `data/KEY` for
 * each storage.
 */
export function readPytorchArchive(
  entries: ReadonlyMap<string, ZipEntry>,
  entry: string | undefined,
  fileBytes: number,
  source: string,
  refuse: Refuse,
): Omit<WeightFile, 'metadata'> {
  const folder = folderOf(entries, refuse);
  // `torch.serialization.set_crc32_options(False)` leaves all checksums out.
  const unchecked = [...entries.values()].every(({ crc }) => crc === 0);
  const read = (name: string): Uint8Array | undefined => {
    const file = entries.get(folder + name);
    return file === undefined ? undefined : contentOf(file, refuse, unchecked);
  };
  const text = (name: string) => {
    const bytes = read(name);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes.subarray(0, 100)).trim();
  };
  const version = text('version');
  if (version !== undefined && !(/^\d+$/.test(version) && Number(version) <= NEWEST))
    refuse(`a PyTorch archive of version ${NEWEST} or earlier`, printable(JSON.stringify(version), 60));
  const order = text('byteorder') ?? 'little';
  if (order !== 'little' && order !== 'big')
    refuse('the byte order little or big', printable(JSON.stringify(order), 60));

  const storages = new Map<string, StorageRecord>();
  const pickle = new PickleReader(read('data.pkl')!, 0, torchMeanings(storages, refuse), refuse);
  const value = pickle.next();
  for (const record of storages.values()) {
    const expected = storageBytes(record, refuse);
    const { size } = entries.get(`${folder}data/${record.key}`) ?? {};
    if (size !== expected)
      refuse(
        `${expected} bytes for the storage ${printable(record.key, 40)}`,
        size === undefined ? 'no such file in the archive' : String(size),
      );
  }
  const contents = new Map<string, Uint8Array>();
  const content = {
    value,
    storages,
    bigEndian: order === 'big',
    bytesOf(key: string) {
      const bytes = contents.get(key) ?? read(`data/${key}`)!;
      contents.set(key, bytes);
      return bytes;
    },
  };
  return { format: 'PyTorch archive', ...pytorchTensors(content, entry, fileBytes, source, refuse) };
}

/** The folder with the pickle, with a slash at its end. */
function folderOf(entries: ReadonlyMap<string, ZipEntry>, refuse: Refuse): string {
  const names = [...entries.keys()];
  const folders = names
    .filter((name) => /(^|\/)data\.pkl$/.test(name))
    .map((name) => name.slice(0, -'data.pkl'.length));
  const [folder] = folders;
  if (folder === undefined || folders.length !== 1)
    return refuse('one data.pkl in the archive', String(folders.length));
  if (entries.has(`${folder}constants.pkl`) || names.some((name) => name.startsWith(`${folder}code/`)))
    return refuse(
      'tensors',
      'a TorchScript archive (of torch.jit.save), which holds a program',
      'In Python, save torch.jit.load(FILE).state_dict() with torch.save.',
    );
  return folder;
}
