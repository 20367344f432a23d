import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keepingPictures, train, watchRun } from '../../dist/node/index.js';
import { fast, phase, smallConfig } from './tiny.js';

const folder = await mkdtemp(join(tmpdir(), 'hmsa-watch-'));
afterAll(() => rm(folder, { recursive: true, maxRetries: 3 }));

test('a page that follows a run gets its pictures, and the last state with the pictures inside it', async () => {
  const run = join(folder, 'run');
  const config = smallConfig({ phases: [phase('scales', 1, 4e-3)] });
  const request = { config, data: 'synthetic:count=4,size=64x48', session: fast };
  await train(request, run, keepingPictures(run, {}));
  const watched = await watchRun(run);
  const content = await (await fetch(new URL('content', watched.url))).text();
  const [, picture] = /src="(pictures\/0-0\.jpeg\?at=\d+)"/.exec(content)!;
  const got = await fetch(new URL(picture!, watched.url));
  expect(got.headers.get('content-type')).toBe('image/jpeg');
  expect(got.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  const bytes = Buffer.from(await got.arrayBuffer());
  const events = await fetch(new URL('events', watched.url));
  await watched.close();
  const [, last] = /event: end\ndata: (.*)\n\n$/.exec(await events.text())!;
  const html = JSON.parse(last!) as string;
  expect(html).toContain(`src="data:image/jpeg;base64,${bytes.toString('base64')}"`);
  expect(html).not.toContain('src="pictures');
});
