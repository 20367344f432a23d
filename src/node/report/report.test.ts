import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { watchRun } from '../watch/index.js';
import { figure, figurePng, makeReport } from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

const evaluation = {
  perClass: [
    { name: 'road<script>', iou: 0.75, accuracy: 1, pixels: 4 },
    { name: 'car', iou: null, accuracy: null, pixels: 0 },
  ],
  meanIoU: 0.75,
  meanAccuracy: 1,
  pixelAccuracy: 1,
  imageMeanIoU: 0.7,
  images: 2,
  scales: [1, 0.5],
  combine: 'hierarchical',
};
const written = async (content: object) => {
  const path = join(folder, 'evaluation.json');
  await writeFile(path, JSON.stringify(content));
  return path;
};

test('the JSON of an evaluation is shown as far as it goes, and the rest is named with the way to get it', async () => {
  const { html, figures, leftOut, scores } = await makeReport({ source: await written(evaluation) });
  expect(html).toContain('75.0 %');
  expect(html).not.toContain('<script>');
  expect(html).not.toMatch(/src="(?!data:)|href="(?!#)|url\(/);
  expect(figures.map(({ name }) => name)).toEqual(['class-iou']);
  expect(leftOut.map(({ section }) => section)).toEqual([
    'Confusion matrix',
    'Scales and attention',
    'Calibration',
    'Boundary IoU',
    'Images',
  ]);
  expect(scores).toMatchObject({
    meanIoU: 0.75,
    perClass: [{ iou: 0.75 }, { name: 'car', iou: Number.NaN }],
  });
});

test('with a confusion matrix its map is there; one of other classes is refused', async () => {
  const confusion = [
    [3, 1, 0],
    [0, 0, 0],
  ];
  const { html } = await makeReport({ source: await written({ ...evaluation, confusion }) });
  expect(html).toContain('labelled as car: 25.0 %, 1 pixels');
  await expect(makeReport({ source: await written({ ...evaluation, confusion: [[1]] }) })).rejects.toThrow(
    /evaluation.json, confusion: expected 2 entries, one for each class, received 1/,
  );
  await expect(makeReport({ source: await written({ a: 1 }) })).rejects.toThrow(/perClass/);
});

test('what is no run, and data with the JSON of an evaluation, are refused with the way out', async () => {
  await expect(makeReport({ source: folder })).rejects.toThrow(/a folder without run.json/);
  await expect(makeReport({})).rejects.toThrow(/--data: expected KIND:PATH/);
  await expect(makeReport({ source: import.meta.filename })).rejects.toThrow(
    /received another file\. Check the path/,
  );
  await expect(makeReport({ source: join(folder, 'run.json') })).rejects.toThrow(/no such file/);
  await expect(makeReport({ source: await written(evaluation), data: 'folder:x' })).rejects.toThrow(
    /report MODEL --data folder:x/,
  );
});

test('a figure names the classes that are to be seen, and becomes a PNG file', async () => {
  const photo = { data: new Uint8Array(3 * 12), width: 4, height: 3 };
  const labels = new Uint8Array(12).fill(1);
  const classes = {
    names: ['sky', 'road', 'car'],
    colors: [[1, 1, 1] as const, [2, 2, 2] as const],
    ignore: 255 as const,
  };
  const found = {
    width: 4,
    height: 3,
    seen: { width: 4, height: 3 },
    labels,
    scales: [
      { scale: 1, labels },
      { scale: 0.5, labels, attention: new Float32Array(12).fill(0.7) },
    ],
  };
  const { svg } = await figure(photo, found, classes);
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
  expect(texts).toEqual([
    'input',
    'prediction',
    'prediction at scale 1',
    'prediction at scale 0.5',
    'attention at scale 0.5',
    'which scale won',
    'Attention:  0, other scales are trusted',
    '1, this scale is trusted',
    'Classes',
    'road',
    'The scale that won',
    'scale 1',
    'scale 0.5',
  ]);
  expect([...(await figurePng({ svg })).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
});

test('the page of a run that has not begun is served to this machine alone, and nothing else is', async () => {
  const watched = await watchRun(join(folder, 'run'));
  try {
    const get = (path: string, options: RequestInit = {}) => fetch(new URL(path, watched.url), options);
    const page = await get('/');
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(await page.text()).toContain('The run has not begun yet.');
    expect((await get('/live.js')).status).toBe(200);
    for (const path of ['/pictures/..%2frun.json', '/pictures/examples.json', '/run.json'])
      expect((await get(path)).status, path).toBe(404);
    expect((await get('/', { method: 'POST' })).status).toBe(405);
  } finally {
    await watched.close();
  }
});
