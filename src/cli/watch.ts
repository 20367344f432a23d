import { InvalidArgumentError } from 'commander';
import { HmsaError } from '../base/errors/index.js';
import { type Watched, watchRun } from '../node/index.js';
import { interruptible } from './run.js';

/** `--watch` alone, or with a port. */
export type WatchFlag = true | number;

export const watchHelp = 'a free port of this machine unless PORT is given';

export function portNumber(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= 65_535)) throw new InvalidArgumentError('A port is needed, 1 … 65535.');
  return value;
}

/** Serves the page of a run, and says where. */
export async function watching(folder: string, flag: WatchFlag): Promise<Watched> {
  const watched = await watchRun(folder, flag === true ? {} : { port: flag });
  process.stderr.write(`the run is shown at ${watched.url}\n`);
  return watched;
}

/** Serves the page of a run until Ctrl-C, which is how it ends: no error. */
export async function watchUntilEnd(folder: string, flag: WatchFlag): Promise<void> {
  await interruptible(async (signal) => {
    const watched = await watching(folder, flag);
    process.stderr.write('Ctrl-C ends it\n');
    await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
    await watched.close();
  });
}

/** @throws HmsaError, because an ablation trains many runs, each in a process of its own */
export function refuseWatchedAblation(watch: WatchFlag | undefined): void {
  if (watch === undefined) return;
  throw new HmsaError({
    operation: '--watch',
    expected: 'it without --ablation',
    received: 'both',
    remedy: 'Watch an arm by itself: hmsa report OUT/arms/ARM --watch.',
  });
}
