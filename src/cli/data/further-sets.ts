import { stat } from 'node:fs/promises';
import { HmsaError } from '../../base/errors/index.js';
import type { TrainRequest } from '../../node/index.js';

type FurtherSet = NonNullable<TrainRequest['moreData']>[number];

/** For the help of commands that take several sets. */
export const furtherSetsHelp = `Several sets: --data A --data B@0.5 takes every second sample from B, on average. Sets without a share divide the rest by
their numbers of photographs. The classes are those of A; those of B are related to them by name. --split, --groups and
--classes are about A. Of B the split train is taken, or its only one; --data B#SPLIT@0.5 names another. An epoch has as
many samples as A has photographs.`;

/** Collects a repeated option. */
export function collect(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/**
 * A further set: `KIND:PATH`, `KIND:PATH#SPLIT`, `KIND:PATH@SHARE` or `KIND:PATH#SPLIT@SHARE`. A path that exists with these signs in it is
 * taken as it is.
 *
 * @throws HmsaError when the share is no probability
 */
export async function parseFurtherSet(text: string): Promise<FurtherSet> {
  if (await exists(text)) return { data: text };
  const [, whole = text, number] = /^(.*?)(?:@(\d+\.?\d*|\.\d+))?$/s.exec(text) ?? [];
  const share = number === undefined ? undefined : Number(number);
  if (share !== undefined && !(share > 0 && share < 1)) {
    throw new HmsaError({
      operation: `--data ${text}`,
      expected: 'a share above 0 and below 1',
      received: `${number}`,
      remedy: 'Such as @0.5, for every second sample.',
    });
  }
  await refuseOtherShare(whole, text);
  const at = (await exists(whole)) ? -1 : whole.lastIndexOf('#');
  const split = at < 0 ? '' : whole.slice(at + 1);
  return {
    data: split === '' ? whole : whole.slice(0, at),
    ...(share !== undefined && { share }),
    ...(split !== '' && { dataOptions: { split } }),
  };
}

/** @throws HmsaError when a path that does not exist ends in what is meant as a share: `@x`, `@-1`, or a second one */
async function refuseOtherShare(whole: string, text: string): Promise<void> {
  const number = /@([^@/\\]*)$/.exec(whole)?.[1];
  if (number === undefined || (await exists(whole)) || (await exists(whole.replace(/#[^#]*$/, '')))) return;
  throw new HmsaError({
    operation: `--data ${text}`,
    expected: 'one share above 0 and below 1 after @, or a path that exists',
    received: `@${text.slice(whole.length - number.length)}`,
    remedy: 'Such as @0.5, for every second sample.',
  });
}

/** @throws HmsaError when the first set has a share, which is what the others leave */
export async function checkFirstSet(text: string): Promise<void> {
  const number = /@(\d+\.?\d*|\.\d+)$/.exec(text)?.[1];
  if (number === undefined || (await exists(text))) return;
  throw new HmsaError({
    operation: `--data ${text}`,
    expected: 'no share for the first set, which takes what the others leave',
    received: `@${number}`,
    remedy: 'Leave it out.',
  });
}

async function exists(spec: string): Promise<boolean> {
  const path = spec.slice(spec.indexOf(':') + 1);
  return path !== '' && (await stat(path).catch(() => undefined)) !== undefined;
}
