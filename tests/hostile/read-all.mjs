// node read-all.mjs READER FILE…: reads one file after the other, and prints what came of it as JSON. Whatever reading would do to
// files, processes or the network ends in a tripwire.
import { readFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { HmsaError } from '../../dist/base/errors/index.js';

const { readWeights } = await import(process.argv[2]);
const require = createRequire(import.meta.url);
const touched = [];
let isReading = false;
const guarded = (what, call) =>
  new Proxy(call, {
    apply(target, self, args) {
      if (isReading) touched.push(what);
      return Reflect.apply(target, self, args);
    },
    construct(target, args, type) {
      if (isReading) touched.push(what);
      return Reflect.construct(target, args, type);
    },
  });
for (const name of [
  'fs',
  'fs/promises',
  'child_process',
  'net',
  'http',
  'https',
  'dns',
  'dgram',
  'vm',
  'worker_threads',
]) {
  const module = require(`node:${name}`);
  for (const key of Object.keys(module)) {
    const { writable, value } = Object.getOwnPropertyDescriptor(module, key);
    if (writable && typeof value === 'function') module[key] = guarded(`${name}.${key}`, value);
  }
}
syncBuiltinESMExports();
for (const name of ['fetch', 'WebSocket', 'eval', 'Function']) {
  if (typeof globalThis[name] === 'function') globalThis[name] = guarded(name, globalThis[name]);
}

const results = process.argv.slice(3).map((file) => {
  const bytes = new Uint8Array(readFileSync(file));
  isReading = true;
  let result;
  try {
    const { tensors } = readWeights(bytes, 'x.pth');
    let numbers = 0;
    for (const tensor of tensors.values()) numbers += tensor.read().data.length;
    result = { numbers };
  } catch (error) {
    result = error instanceof HmsaError ? { refused: error.message } : { bug: error.stack };
  }
  isReading = false;
  return { file, ...result };
});
console.log(JSON.stringify({ results, touched, peak: process.resourceUsage().maxRSS * 1024 }));
