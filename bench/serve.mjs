/**
 * How `hmsa serve` bears load: `node bench/serve.mjs [ROUNDS]`. It starts a server of the shipped model as its users do, in a process
 * of its own, and sends it in each round 200 requests at once, of all kinds: images, damaged ones, bombs, too long bodies, clients
 * that go away in the middle, that send a byte now and then, or that do not read. Prints for each round what was answered, how long
 * images took, and the memory of the server after it; at the end, what is left when nothing is asked any more.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const rounds = Number(process.argv[2] ?? 5);
const bin = fileURLToPath(new URL('../bin/hmsa.js', import.meta.url));
const photo = await readFile(new URL('../docs/camvid/0016E5_07959.jpg', import.meta.url));
const bomb = await sharp({ create: { width: 9000, height: 9000, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

const server = spawn(process.execPath, [bin, 'serve', '--port', '0', '--json', '--quiet'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const { url } = JSON.parse(await new Promise((resolve) => server.stdout.once('data', resolve)));
const port = Number(new URL(url).port);

/** The status of an answer, or how the connection ended. */
async function post(body, { headers = { 'Content-Type': 'image/jpeg' }, query = '', signal } = {}) {
  try {
    const response = await fetch(`${url}/v1/segment${query}`, { method: 'POST', body, headers, signal });
    await response.arrayBuffer();
    return String(response.status);
  } catch (error) {
    return signal?.aborted ? 'went away' : `broken off: ${error.cause?.code ?? error.message}`;
  }
}

/** A connection of our own making, until the server or the given time ends it. */
async function raw(first, then, ms) {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (piece) => {
    answer += String(piece).slice(0, 200);
  });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(first);
  await then(socket);
  await Promise.race([closed, wait(ms)]);
  socket.destroy();
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'ended';
}

const head = `POST /v1/segment HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: ${photo.length}\r\n\r\n`;
const kinds = {
  image: () => post(photo),
  json: () => post(photo, { query: '?format=json&labels=runs' }),
  damaged: () => post(photo.subarray(0, 5000)),
  nonsense: () => post('nonsense', { headers: { 'Content-Type': 'multipart/form-data; boundary=x' } }),
  bomb: () => post(bomb),
  long: () => post(new Uint8Array(40 * 2 ** 20)),
  'goes away': () => post(photo, { signal: AbortSignal.timeout(Math.ceil(Math.random() * 500)) }),
  'sends slowly': () =>
    raw(
      head,
      async (socket) => {
        for (let i = 0; i < 20 && !socket.destroyed; i++) {
          socket.write(photo.subarray(i, i + 1));
          await wait(50);
        }
      },
      0,
    ),
  'sends a part': () => raw(head, async (socket) => socket.end(photo.subarray(0, 1000)), 2000),
  'does not read': () =>
    raw(
      head,
      async (socket) => {
        socket.pause();
        socket.write(photo);
        await wait(1000);
      },
      0,
    ),
};

async function gauge(name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^hmsa_${name} (.*)$`, 'm').exec(text)[1]);
}
const mebi = async (name) => `${((await gauge(name)) / 2 ** 20).toFixed(0)} MiB`;

console.log(`before: ${await mebi('resident_memory_bytes')}`);
for (let round = 1; round <= rounds; round++) {
  const names = Object.keys(kinds);
  const started = performance.now();
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const kind = names[i % names.length];
      return `${kind}: ${await kinds[kind]()}`;
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const counts = Map.groupBy?.(outcomes, (outcome) => outcome) ?? group(outcomes);
  console.log(`round ${round}, ${seconds.toFixed(1)} s, ${await mebi('resident_memory_bytes')}`);
  for (const [outcome, all] of [...counts].sort()) console.log(`  ${outcome} × ${all.length}`);
}
function group(outcomes) {
  const groups = new Map();
  for (const outcome of outcomes) groups.set(outcome, [...(groups.get(outcome) ?? []), outcome]);
  return groups;
}

while ((await gauge('queue_waiting')) + (await gauge('queue_running')) > 0) await wait(100);
await wait(2000);
console.log(
  `after: ${await mebi('resident_memory_bytes')}, held ${await gauge('held_bytes')} bytes, waiting ${await gauge('queue_waiting')}`,
);
// In the middle of a request, as a service manager does.
const last = post(photo);
await wait(50);
server.kill('SIGTERM');
const code = await new Promise((resolve) => server.once('exit', resolve));
console.log(`request during the end: ${await last}; exit code ${code}`);
