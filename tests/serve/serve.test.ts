import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { HmsaError } from '../../dist/index.js';
import {
  decodeLabels,
  encodePng,
  loadModel,
  type RunningServer,
  type ServeOptions,
  serve,
} from '../../dist/node/index.js';
import { answerSchema } from '../../dist/node/serve/answer.js';
import { problemSchema } from '../../dist/node/serve/openapi.js';
import { serveSegmenter } from '../../dist/node/serve/serve.js';
import type { Segmenter } from '../../dist/prediction/index.js';
import { untrained, writeModel } from '../cli/model.js';
import { randomPhoto } from '../data/files.js';
import { quantizedOn } from '../support/quantized.js';

let folder: string;
let modelFile: string;
const photo = new Uint8Array(await encodePng(randomPhoto(1, 96, 80)));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-serve-'));
  modelFile = await writeModel(join(folder, 'secret-name.safetensors'), untrained());
});
afterAll(() => rm(folder, { recursive: true }));

const open: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** A server whose model answers when it is told to. */
async function controlled(options: ServeOptions = {}) {
  const model = untrained();
  const runs: { readonly finish: () => void }[] = [];
  let isWarm = false;
  const segmenter = {
    model,
    classes: model.classes,
    prepare: async () => ({ scales: [1, 0.5] }),
    dispose: async () => {},
    async segment({ width, height }: { readonly width: number; readonly height: number }) {
      const done = { width, height, seen: { width, height }, labels: new Uint8Array(width * height) };
      if (isWarm) await new Promise<void>((finish) => runs.push({ finish }));
      isWarm = true;
      return done;
    },
  } as unknown as Segmenter;
  const server = await serveSegmenter(segmenter, { port: 0, ...options });
  open.push(server);
  const finishAll = async (isOver: () => boolean) => {
    while (!isOver()) {
      for (const { finish } of runs.splice(0)) finish();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  return { ...server, runs, finishAll };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function gauge(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^hmsa_${name} (.*)$`, 'm').exec(text)![1]);
}

interface Sent {
  readonly query?: string;
  readonly body?: RequestInit['body'];
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

const segment = (url: string, { query = '', body = photo, headers = {}, signal }: Sent = {}) =>
  fetch(`${url}/v1/segment${query}`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'image/png', ...headers },
    ...(signal && { signal }),
  });

async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = problemSchema.parse(await response.json());
  expect(problem.status).toBe(response.status);
  return problem;
}

/** Sends bytes as they are, and gives all that comes back until the connection ends. */
async function raw(url: string, text: string, then?: (socket: Socket) => void): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.setTimeout(4000, () => socket.destroy());
  socket.on('data', (piece) => {
    answer += piece;
  });
  socket.on('error', () => {});
  socket.write(text);
  then?.(socket);
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

test('a quantised model gives the labels that it gives in Node', async () => {
  const quantized = await quantizedOn(randomPhoto(1, 96, 80), untrained());
  const file = await writeModel(join(folder, 'int8.safetensors'), quantized);
  const server = await serve({ model: file, port: 0, session: { threads: 1 } });
  open.push(server);
  const model = await loadModel(file, { threads: 1 });
  expect(model.model.quantization!.layers.size).toBeGreaterThan(20);
  const { labels } = await model.segment(photo);
  await model.dispose();
  const png = await segment(server.url);
  expect((await decodeLabels(new Uint8Array(await png.arrayBuffer()))).data).toEqual(labels);
});

test('labels are those of the model, as PNG, as an overlay and as JSON', async () => {
  const server = await serve({ model: modelFile, port: 0, session: { threads: 1 } });
  open.push(server);
  const model = await loadModel(modelFile, { threads: 1 });
  const { labels, width, height } = await model.segment(photo);
  await model.dispose();
  const png = await segment(server.url);
  expect([png.status, png.headers.get('content-type')]).toEqual([200, 'image/png']);
  expect((await decodeLabels(new Uint8Array(await png.arrayBuffer()))).data).toEqual(labels);

  const form = new FormData();
  form.append('image', new Blob([photo]), 'photo.png');
  const overlay = await fetch(`${server.url}/v1/segment?format=overlay`, { method: 'POST', body: form });
  expect(await sharp(await overlay.arrayBuffer()).metadata()).toMatchObject({ width, height, channels: 3 });

  const answers = await Promise.all(
    ['', '&labels=runs&confidence=true', '&labels=none&scales=1&combine=single'].map(async (more) => {
      const response = await segment(server.url, {
        query: `?maxSide=none${more}`,
        headers: { Accept: 'application/json, */*;q=0.1' },
      });
      return answerSchema.parse(await response.json());
    }),
  );
  const [whole, runs, none] = answers;
  const decoded = (data: unknown) => decodeLabels(Buffer.from(data as string, 'base64'));
  expect((await decoded(whole!.labels!.data)).data).toEqual(labels);
  const numbers = runs!.labels!.data as number[];
  const spread = numbers.flatMap((id, i) => (i % 2 === 0 ? new Array<number>(numbers[i + 1]!).fill(id) : []));
  expect(Uint8Array.from(spread)).toEqual(labels);
  expect(runs!.confidence!.mean).toBeGreaterThan(0);
  expect([none!.labels, none!.scales, none!.combine]).toEqual([undefined, [1], 'single']);
  for (const { classes, width, height } of answers)
    expect(classes.reduce((sum, { pixels }) => sum + pixels, 0)).toBe(width * height);

  const known = (await (await fetch(`${server.url}/v1/model`)).json()) as { readonly file: string };
  expect(known).toMatchObject({
    name: 'secret-name.safetensors',
    scales: [1, 0.5],
    file: '/models/served.safetensors',
  });
  const file = await fetch(`${server.url}${known.file}`);
  const same = await fetch(`${server.url}${known.file}`, {
    headers: { 'If-None-Match': file.headers.get('etag')! },
  });
  expect([file.status, same.status]).toEqual([200, 304]);
  expect((await file.arrayBuffer()).byteLength).toBe(Number(file.headers.get('content-length')));
});

test('what is no image, too much or not asked for right is answered by name', async () => {
  const { url } = await controlled({ limits: { bodyBytes: 40_000, pixels: 10_000 } });
  const form = (fields: Record<string, string | Blob>) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    return data;
  };
  const formText = { 'Content-Type': 'multipart/form-data; boundary=x' };
  const bomb = await sharp({ create: { width: 1000, height: 1000, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const cases: readonly [Sent, number, RegExp][] = [
    [{ body: 'no image' }, 422, /^image: expected a PNG/],
    [{ body: photo.slice(0, 30) }, 422, /^image: expected/],
    [{ body: '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' }, 422, /svg/],
    [{ body: bomb }, 413, /1000×1000/],
    [{ body: new Uint8Array(40_001) }, 413, /40001 bytes/],
    [{ body: '' }, 400, /nothing/],
    [{ headers: { 'Content-Type': 'text/plain' } }, 415, /^Content-Type/],
    [{ headers: { 'Content-Encoding': 'gzip' } }, 415, /^Content-Encoding/],
    [{ headers: { Accept: 'text/html' } }, 406, /^Accept/],
    [{ headers: { Accept: 'image/png;q=0, text/*' } }, 406, /^Accept/],
    [{ query: '?scale=1' }, 400, /Did you mean scales\?/],
    [{ query: '?scales=1,0x2' }, 400, /scales\[1\]/],
    [{ query: '?scales=' }, 400, /scales/],
    [{ query: '?scales=0.5,2' }, 400, /1 among the scales/],
    [{ query: `?scales=${new Array(9).fill(1)}` }, 400, /scales/],
    [{ query: '?scales=1&scales=1' }, 400, /one value/],
    [{ query: '?combine=maximum' }, 400, /combine/],
    [{ query: '?maxSide=-1' }, 400, /maxSide/],
    [{ query: '?confidence=true&format=png' }, 400, /format=json/],
    [{ query: '?__proto__=1' }, 400, /__proto__/],
    [{ body: form({ image: new Blob([photo]), x: '1' }), headers: formText }, 400, /damaged|alone/],
    [
      {
        body: '--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc',
        headers: formText,
      },
      400,
      /damaged/,
    ],
    [{ body: 'nonsense', headers: { 'Content-Type': 'multipart/form-data' } }, 400, /boundary/],
  ];
  for (const [sent, status, detail] of cases) {
    const response = await segment(url, sent);
    const problem = await problemOf(response);
    expect([problem.status, problem.detail], JSON.stringify(sent.query ?? problem)).toEqual([
      status,
      expect.stringMatching(detail),
    ]);
  }
  for (const fields of [{ image: 'text' }, { photo: new Blob([photo]) }, { image: new Blob([]) }, {}]) {
    const body = form(fields as Record<string, string>);
    const response = await fetch(`${url}/v1/segment`, { method: 'POST', body });
    expect((await problemOf(response)).status).toBe(400);
  }
  expect(await gauge(url, 'held_bytes')).toBe(0);
});

test('methods and addresses that there are not', async () => {
  const { url } = await controlled();
  const answer = async (method: string, path: string) => {
    const { status, headers } = await fetch(`${url}${path}`, { method });
    return [status, headers.get('allow')];
  };
  expect(await answer('GET', '/v1/segment')).toEqual([405, 'POST, OPTIONS']);
  expect(await answer('HEAD', '/v1/segment')).toEqual([405, 'POST, OPTIONS']);
  expect(await answer('DELETE', '/v1/model')).toEqual([405, 'GET, HEAD, OPTIONS']);
  expect(await answer('OPTIONS', '/v1/segment')).toEqual([204, 'POST, OPTIONS']);
  expect(await answer('HEAD', '/healthz')).toEqual([200, null]);
  expect(await answer('HEAD', '/models/shipped.safetensors')).toEqual([200, null]);
  expect(await answer('GET', '/v2/segment')).toEqual([404, null]);
  expect(await answer('POST', '/nothing')).toEqual([404, null]);
  expect(await answer('POST', '/')).toEqual([405, 'GET, HEAD, OPTIONS']);
  expect(await answer('OPTIONS', '/')).toEqual([204, 'GET, HEAD, OPTIONS']);
});

test('the app’s files are served with their types, and nothing else on the disk is', async () => {
  const app = join(folder, 'app');
  await mkdir(join(app, 'assets'), { recursive: true });
  const files = { 'index.html': '<p>app', 'assets/a.mjs': '1', 'assets/b-1.wasm': '\0asm', '.hidden': 'x' };
  for (const [name, content] of Object.entries(files)) await writeFile(join(app, name), content);
  await writeFile(join(folder, 'outside.txt'), 'secret');
  await symlink(join(folder, 'outside.txt'), join(app, 'link.txt'));
  await mkdir(`${app}-beside`, { recursive: true });
  await writeFile(`${app}-beside/x.txt`, 'secret');
  const { url } = await controlled({ app });
  const types = await Promise.all(
    ['/', '/index.html', '/assets/a.mjs', '/assets/b-1.wasm'].map(async (path) => {
      const { status, headers } = await fetch(`${url}${path}`);
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*wasm-unsafe-eval/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      return [status, headers.get('content-type')];
    }),
  );
  const html = 'text/html; charset=utf-8';
  expect(types).toEqual([
    [200, html],
    [200, html],
    [200, 'text/javascript; charset=utf-8'],
    [200, 'application/wasm'],
  ]);
  const attempts = [
    '/../outside.txt',
    '/assets/../../outside.txt',
    '/..%2foutside.txt',
    '/%2e%2e/outside.txt',
    '/%2e%2e%2foutside.txt',
    '/..%5coutside.txt',
    '/..\\outside.txt',
    '/%252e%252e%252foutside.txt',
    '/index.html%00.txt',
    '//outside.txt',
    '/../app-beside/x.txt',
    `/${join(folder, 'outside.txt')}`,
    '/.hidden',
    '/link.txt',
    '/assets',
    '/assets/',
    'http://127.0.0.1/../outside.txt',
    'outside.txt',
    '*',
  ];
  for (const path of attempts) {
    const answer = await raw(url, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(answer.slice(9, 12), path).toMatch(/^40[04]$/);
    expect(answer, path).not.toContain('secret');
  }
});

test('without an app, a page says what there is', async () => {
  const { url } = await controlled({ app: join(folder, 'none') });
  const start = await fetch(url);
  expect([start.status, await start.text()]).toEqual([
    200,
    expect.stringMatching(/app is not built.*\/docs/s),
  ]);
});

test('other names and pages of other sites are refused, on this machine alone', async () => {
  const { url } = await controlled({ allowedHosts: ['seg.example'] });
  const status = async (host: string) =>
    Number(
      (await raw(url, `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).slice(9, 12),
    );
  const port = new URL(url).port;
  for (const host of ['localhost', `127.0.0.1:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`, 'seg.example'])
    expect(await status(host), host).toBe(200);
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'x@localhost',
    '10.0.0.1',
  ])
    expect(await status(host), host).toBeGreaterThanOrEqual(400);
  expect(await status('')).toBe(400);
  // A whole address counts before Host.
  const whole = (address: string) =>
    raw(url, `GET ${address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  expect((await whole('http://evil.example/healthz')).slice(9, 12)).toBe('403');
  expect((await whole('http://localhost/healthz')).slice(9, 12)).toBe('200');
  const from = async (headers: Record<string, string>) => (await segment(url, { body: 'x', headers })).status;
  expect(await from({ Origin: 'https://evil.example' })).toBe(403);
  expect(await from({ Origin: 'null' })).toBe(403);
  expect(await from({ Origin: url })).toBe(422);
});

test('200 at once are answered 200 or 503 with Retry-After, and nothing is left', async () => {
  const { url, finishAll } = await controlled({ limits: { waiting: 4 } });
  const sent = Array.from({ length: 200 }, () => segment(url));
  let isOver = false;
  const all = Promise.all(sent).finally(() => {
    isOver = true;
  });
  await finishAll(() => isOver);
  const counts = new Map<number, number>();
  for (const response of await all) {
    counts.set(response.status, (counts.get(response.status) ?? 0) + 1);
    if (response.status === 503) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    await response.arrayBuffer();
  }
  expect([...counts.keys()].sort()).toEqual([200, 503]);
  expect(counts.get(200)).toBeGreaterThanOrEqual(5);
  expect(await gauge(url, 'queue_waiting')).toBe(0);
  await until(async () => (await gauge(url, 'held_bytes')) === 0);
});

test('a client that goes away gives up its place and its memory', async () => {
  const { url, runs, finishAll } = await controlled({ limits: { waiting: 1 } });
  const first = segment(url);
  await until(() => runs.length === 1);
  const controller = new AbortController();
  const second = segment(url, { signal: controller.signal });
  await until(async () => (await gauge(url, 'queue_waiting')) === 1);
  expect((await segment(url)).status).toBe(503);
  controller.abort();
  await expect(second).rejects.toThrow();
  await until(async () => (await gauge(url, 'queue_waiting')) === 0);
  expect(await gauge(url, 'held_bytes')).toBe(0);
  const third = segment(url);
  let isOver = false;
  const both = Promise.all([first, third]).finally(() => {
    isOver = true;
  });
  await finishAll(() => isOver);
  expect((await both).map(({ status }) => status)).toEqual([200, 200]);
});

test('what takes too long, to send or to compute, is told so', async () => {
  const { url, runs } = await controlled({ limits: { uploadSeconds: 0.2, workSeconds: 0.2 } });
  const head = 'POST /v1/segment HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n';
  const slow = await raw(url, `${head}Content-Length: 1000\r\n\r\nabc`);
  expect(slow).toMatch(/^HTTP\/1\.1 408 .*"detail":"body: expected the whole image within 0\.2 s/s);
  const answer = await problemOf(await segment(url));
  expect([answer.status, answer.remedy]).toEqual([504, expect.stringContaining('smaller image')]);
  // It still computes, so the next one waits.
  expect(runs).toHaveLength(1);
  runs[0]!.finish();
  expect(await gauge(url, 'held_bytes')).toBe(0);
});

test('bodies of unknown length are bounded, half sent ones are forgotten, and nonsense is refused', async () => {
  const { url } = await controlled({ limits: { bodyBytes: 5000 } });
  const head = 'POST /v1/segment HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n';
  const piece = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
  const long = await raw(
    url,
    `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${piece.repeat(3)}`,
  );
  expect(long.slice(9, 12)).toBe('413');
  await raw(url, `${head}Content-Length: 4000\r\n\r\nabc`, (socket) =>
    setTimeout(() => socket.destroy(), 20),
  );
  const asked = await raw(
    url,
    `${head}Expect: 100-continue\r\nContent-Length: 9999\r\nConnection: close\r\n\r\n`,
  );
  expect(asked.slice(9, 12)).toBe('413');
  expect(await raw(url, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(await raw(url, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 431 /,
  );
  await until(async () => (await gauge(url, 'held_bytes')) === 0);
});

test('an end finishes what is computed, refuses what waits, and ends once', async () => {
  const { url, runs, close } = await controlled();
  const computed = segment(url);
  await until(() => runs.length === 1);
  const waiting = segment(url);
  await until(async () => (await gauge(url, 'queue_waiting')) === 1);
  const ended = close();
  expect(close()).toBe(ended);
  const refused = await waiting;
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  await expect(segment(url)).rejects.toThrow();
  runs[0]!.finish();
  expect((await computed).status).toBe(200);
  await ended;
});

test('connections over which nothing or half a head comes do not hold up the end', async () => {
  const { url, close } = await controlled();
  const port = Number(new URL(url).port);
  const connections = ['', 'GET / HTTP/1.1\r\nHost:'].map((text) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(text);
    return new Promise((done) => socket.once('close', done).once('error', () => {}));
  });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await close();
  await Promise.all(connections);
});

test('an error of the session is the server’s: 500, and no longer ready', async () => {
  const errors: unknown[] = [];
  const model = untrained();
  let isWarm = false;
  const segmenter = {
    model,
    prepare: async () => ({ scales: [1, 0.5] }),
    dispose: async () => {},
    segment: async () => {
      if (isWarm) throw new TypeError('secret detail at /a/path');
      isWarm = true;
    },
  } as unknown as Segmenter;
  const server = await serveSegmenter(segmenter, { port: 0, onError: (error) => errors.push(error) });
  open.push(server);
  const problem = await problemOf(await segment(server.url));
  expect([problem.status, JSON.stringify(problem)]).toEqual([500, expect.not.stringContaining('secret')]);
  expect(errors).toHaveLength(1);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

test('a port in use and a strange address are told', async () => {
  const { port } = await controlled();
  await expect(controlled({ port })).rejects.toThrow(
    `--port ${port}: expected a free port, received one in use. Give another port`,
  );
  await expect(controlled({ host: '192.0.2.1' })).rejects.toThrow(
    '--host 192.0.2.1: expected an address of this machine',
  );
  await expect(serve({ port: 70_000 })).rejects.toThrow(
    'serve, port: expected a whole number from 0 to 65535, received 70000',
  );
});

test('options of other kinds are refused with an error that a caller can read', async () => {
  const right: ServeOptions = {
    // No address, so that nothing is loaded.
    host: 'x'.repeat(300),
    model: modelFile,
    port: 0,
    allowedHosts: ['example'],
    app: folder,
    shareModel: true,
    limits: { waiting: 1 },
    onRequest: () => {},
    onError: () => {},
  };
  for (const value of [null, 'x', true, -1, [undefined]]) {
    await expect(serve(value as never)).rejects.toThrow(HmsaError);
    for (const key of Object.keys(right))
      await expect(serve({ ...right, [key]: value })).rejects.toThrow(HmsaError);
  }
  await expect(serve({ limits: { queue: 3 } as never })).rejects.toThrow(
    /known keys in limits .*received queue/,
  );
  const scales = 'all' as never;
  await expect(serve({ model: modelFile, port: 0, scales })).rejects.toThrow(HmsaError);
});
