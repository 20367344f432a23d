import { createHash } from 'node:crypto';
import { checkArgument, isRecord } from '../../base/errors/index.js';
import { mapBounded } from '../../base/tasks.js';
import { checkClasses, type DatasetModule } from '../../data/index.js';
import { type FileDatasetParts, FolderDataset, type Item } from '../../data/pairs/index.js';
import { disk } from './disk.js';
import { fileHash } from './file-hash.js';

/** Photographs and labels on disk. Each is decoded on request, and nothing is cached. */
export class FileDataset extends FolderDataset {
  /** @throws HmsaError when a part is missing */
  constructor(parts: FileDatasetParts) {
    checkParts(parts);
    super(parts, disk);
  }

  get source(): DatasetModule {
    return { module: import.meta.url, export: openFileDataset.name, options: this.parts };
  }

  override withItems(items: readonly Item[]): FileDataset {
    return new FileDataset({ ...this.parts, items });
  }

  /**
   * Changes when the photographs, the labels or their meaning change; the same on every machine. All bytes of every
   * file are read, once in a process. The prefix `sha256:` distinguishes it from that of version 0.1, which covered
   * only the ends of files.
   */
  async fingerprint(): Promise<string> {
    const { items, classes, rule } = this.parts;
    const marks = await mapBounded(items.length, 16, async (index) => {
      const { id, image, label } = items[index]!;
      return [id, await fileHash(image), label === undefined ? '' : await fileHash(label)].join('\n');
    });
    const hash = createHash('sha256').update(JSON.stringify([classes, rule]));
    for (const line of marks) hash.update(line);
    return `sha256:${hash.digest('hex')}`;
  }
}

/**
 * Worker threads find this function by its name; see {@link FileDataset.source}.
 *
 * @public
 */
export function openFileDataset(parts: FileDatasetParts): FileDataset {
  return new FileDataset(parts);
}

function checkParts(parts: unknown): void {
  const operation = 'FileDataset';
  checkArgument(isRecord(parts), operation, 'an object of items, classes and rule', parts);
  const { items, classes, rule } = parts;
  const isItems = Array.isArray(items) && items.every((item) => isRecord(item) && isPath(item.image));
  checkArgument(isItems, `${operation}, items`, 'a list of { id, group, image, label }', items);
  checkClasses(classes, `${operation}, classes`);
  const isRule =
    isRecord(rule) &&
    (rule.by === 'value' || rule.by === 'color') &&
    Array.isArray(rule.trainIds) &&
    rule.trainIds.every((pair) => Array.isArray(pair) && Array.isArray(pair[0]) === (rule.by === 'color'));
  checkArgument(isRule, `${operation}, rule`, 'a rule by which labels are read', rule);
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
