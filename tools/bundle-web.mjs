// Bundles what a browser loads, after `tsc -b`: dist/web (the face `hmsa/web` as one module, its worker, the two builds of
// ONNX Runtime) and dist/app (the app). `npm run build` runs it.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);

/** One module without imports. */
async function bundle(input, file) {
  const warnings = [];
  const build = await rolldown({
    input,
    platform: 'browser',
    // The module of ONNX Runtime that takes its WebAssembly from a file, and not from inside itself.
    resolve: { conditionNames: ['onnxruntime-web-use-extern-wasm', 'browser', 'import', 'default'] },
    onLog: (level, log) => level === 'warn' && warnings.push(log.message),
  });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false, minify: true });
  await build.close();
  const [chunk, ...others] = output;
  const imports = [...chunk.imports, ...chunk.dynamicImports];
  if (others.length > 0 || imports.length > 0)
    throw new Error(`${input} is not one module: ${[...imports, ...others.map((one) => one.fileName)].join(', ')}`);
  for (const warning of warnings) console.warn(warning);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, chunk.code);
}

const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
const runtimeFiles = ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.jspi'].flatMap((name) => [
  `${name}.mjs`,
  `${name}.wasm`,
]);

await bundle(at('dist/web/worker/thread.js'), at('dist/web/worker.mjs'));
await bundle(at('dist/web/index.js'), at('dist/web/hmsa.mjs'));
for (const name of runtimeFiles) await copyFile(join(runtime, name), at('dist/web', name));
await bundle(at('apps/web/main.ts'), at('dist/app/app.mjs'));
await bundle(at('apps/web/scene-worker.ts'), at('dist/app/scene.mjs'));
const page = await readFile(at('apps/web/index.html'));
await writeFile(at('dist/app/index.html'), page);
for (const name of ['app.css', 'icon.svg']) await copyFile(at('apps/web', name), at('dist/app', name));
