import { isDeepStrictEqual } from 'node:util';
import { HmsaError } from '../../base/errors/index.js';
import { RunFiles, readRecord } from '../../training/run/index.js';
import { version } from '../version.js';
import { RunFolder } from './run-folder.js';
import { requestShape, type TrainRequest, withAbsolutePaths } from './train-request.js';

/** Whether a folder holds a run of the same configuration and data, begun by this version, that can be resumed. */
export async function canGoOn(request: TrainRequest, out: string): Promise<boolean> {
  try {
    const { config, data, versions } = await readRecord(new RunFiles(new RunFolder(out)), requestShape);
    const same = withAbsolutePaths(request);
    return isDeepStrictEqual([config, data, versions.hmsa], [same.config, same.data, version]);
  } catch (error) {
    if (error instanceof HmsaError) return false;
    throw error;
  }
}

/**
 * Deletes the run in a folder, if there is one, and no other files.
 *
 * @throws HmsaError when another process uses the folder
 */
export async function removeRun(out: string): Promise<void> {
  const folder = new RunFolder(out);
  if (!(await folder.isThere())) return;
  try {
    await folder.lock(() => {});
    await folder.removeAll();
  } finally {
    await folder.unlock();
  }
}
