// What `stateOnDevice` does in a browser: the same steps with their state copied to memory after each, and kept on the GPU.
// Without a GPU Chromium computes WebGPU in software.
//
//   npm run build && node bench/state-on-device.mjs [--steps 30] [--size 1024]
//
// It prints the time of the steps and of reading the last state, and the largest difference from WebAssembly. It needs Chromium, as
// the browser tests do.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { build } from 'vite';

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '30' }, size: { type: 'string', default: '1024' } },
});
const [steps, size] = [Number(values.steps), Number(values.size)];
const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const page = `
import * as ort from 'onnxruntime-web/jspi';
import { createSession, float32, gradients, lower, ops, variable } from 'hmsa/engine';
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = '/ort/';
const size = ${size};
// Newton's method for the square root of 2, once for each number.
const x = variable('x', [size]);
const f = ops.sub(ops.square(x), 2);
const next = ops.sub(x, ops.div(f, gradients(ops.sum(f), [x]).get(x)));
const graph = lower({ outputs: { next } });
window.steps = async (options) => {
  const session = await createSession(ort, graph.slice(), { ...options, state: { x: 'next' } });
  await session.setState({ x: float32(Float32Array.from({ length: size }, (_, i) => 1 + (i % 64)), [size]) });
  await session.run({});
  const started = performance.now();
  for (let i = 1; i < ${steps}; i++) await session.run({});
  const { data } = (await session.getState()).x;
  const milliseconds = performance.now() - started;
  await session.dispose();
  return { milliseconds, data: [...data] };
};`;

const folder = await mkdtemp(join(tmpdir(), 'hmsa-state-'));
await writeFile(join(folder, 'main.js'), page);
await build({
  root: folder,
  logLevel: 'error',
  resolve: {
    alias: {
      'hmsa/engine': at('dist/engine/index.js'),
      'onnxruntime-web/jspi': at('node_modules/onnxruntime-web/dist/ort.jspi.bundle.min.mjs'),
    },
  },
  build: { outDir: 'out', lib: { entry: 'main.js', formats: ['es'], fileName: () => 'main.mjs' } },
});
const server = createServer(async ({ url }, response) => {
  const path = new URL(url, 'http://localhost').pathname;
  if (path === '/') {
    response.setHeader('content-type', 'text/html');
    return response.end('<!doctype html><script type="module" src="/main.mjs"></script>');
  }
  const file = path.startsWith('/ort/')
    ? join(at('node_modules/onnxruntime-web/dist'), path.slice(5))
    : join(folder, 'out', path);
  const body = await readFile(file).catch(() => undefined);
  if (body === undefined) return response.writeHead(404).end();
  response.setHeader('content-type', file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript');
  return response.end(body);
}).listen(0, '127.0.0.1');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
});
try {
  const tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  await tab.waitForFunction(() => 'steps' in window);
  const run = (options) => tab.evaluate((given) => window.steps(given), options);
  const reference = await run({ device: 'wasm' });
  console.log(`${steps} steps of ${size} numbers; WebAssembly ${reference.milliseconds.toFixed(0)} ms`);
  for (const stateOnDevice of [false, true, false, true]) {
    const { milliseconds, data } = await run({ device: 'webgpu', stateOnDevice });
    const difference = data.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - reference.data[i])),
      0,
    );
    const where = stateOnDevice ? 'state on the device' : 'state in memory';
    console.log(`WebGPU, ${where}: ${milliseconds.toFixed(0)} ms, largest difference ${difference}`);
  }
} finally {
  await browser.close();
  server.close();
  await rm(folder, { recursive: true, force: true });
}
