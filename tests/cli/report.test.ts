import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hmsa } from '../support/hmsa.js';

test('a whole report: its numbers agree with each other, and it replaces nothing but a report', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-report-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  await hmsa('data', 'synth', '--out', at('data'), '--count', '2', '--size', '128x64', '--splits', 'val');
  const command = ['report', '--data', `cityscapes:${at('data')}`, '--out', at('page.html')];

  await writeFile(at('page.html'), 'mine');
  const refused = await hmsa(...command);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/--out: expected a new file, or an earlier result to replace/);
  await rm(at('page.html'));

  const made = await hmsa(...command, '--json', at('scores.json'), '--figures', at('charts'), '--quiet');
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const { confusion, perClass, meanIoU, calibration, scaleFindings } = JSON.parse(
    await readFile(at('scores.json'), 'utf8'),
  ) as {
    confusion: number[][];
    perClass: { iou: number | null; pixels: number }[];
    meanIoU: number;
    calibration: { bins: { pixels: number }[] };
    scaleFindings: { alone: object; without: object; share: number }[];
  };
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const ious = confusion.flatMap((row, id) => {
    const found = sum(confusion.map((other) => other[id]!));
    const union = sum(row) + found - row[id]!;
    return union === 0 ? [] : [row[id]! / union];
  });
  expect(meanIoU).toBeCloseTo(sum(ious) / ious.length, 12);
  expect(perClass.map(({ pixels }) => pixels)).toEqual(confusion.map(sum));
  expect(sum(calibration.bins.map(({ pixels }) => pixels))).toBe(sum(confusion.map(sum)));
  expect(sum(scaleFindings.map(({ share }) => share))).toBeCloseTo(1, 5);
  expect(scaleFindings[0]!.without).toEqual(scaleFindings[1]!.alone);
  expect(await readFile(at('page.html'), 'utf8')).toContain(`${(100 * meanIoU).toFixed(1)} %`);
  expect(await readdir(at('charts'))).toContain('confusion.png');
  // A report is replaced by the next one.
  expect((await hmsa('report', at('scores.json'), '--out', at('page.html'))).code).toBe(0);
});
