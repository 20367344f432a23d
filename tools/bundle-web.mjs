// Bundles what a browser loads, after `tsc -b`: dist/app/web (the face `hmsa/web` as one module, its worker, the two builds of
// ONNX Runtime) and dist/app (the app). `npm run build` runs it. dist/app is a whole static site, but for the model.
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { licenses } from './licenses.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);

/** What is bundled or copied. */
const files = [];

/** One module without imports. */
async function bundle(input, file, change = (code) => code) {
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
  files.push(...chunk.moduleIds);
  const imports = [...chunk.imports, ...chunk.dynamicImports];
  if (others.length > 0 || imports.length > 0)
    throw new Error(
      `${input} is not one module: ${[...imports, ...others.map((one) => one.fileName)].join(', ')}`,
    );
  for (const warning of warnings) console.warn(warning);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, change(chunk.code));
}

const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
const runtimeFiles = ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.jspi'].flatMap((name) => [
  `${name}.mjs`,
  `${name}.wasm`,
]);

/** @throws if there is nothing to replace, because the code has changed */
function replaced(code, pattern, by) {
  if (!pattern.test(code)) throw new Error(`Nothing to replace: ${pattern}`);
  return code.replace(pattern, by);
}

// What an earlier version has left would be packed.
await rm(at('dist/app'), { recursive: true, force: true });

// ONNX Runtime looks for its folder by the name of its own script, which is not there; bundlers would warn of that.
const ownFolder = /new URL\(([`"'])ort\.(jspi|wasm)\.min\.mjs\1,\s*import\.meta\.url\)/g;
await bundle(at('dist/web/worker/thread.js'), at('dist/app/web/worker.mjs'), (code) =>
  replaced(code, ownFolder, 'new URL(import.meta.url)'),
);
// The face as one file, which lies beside its worker.
await bundle(at('dist/web/index.js'), at('dist/app/web/hmsa.mjs'), (code) =>
  replaced(code, /\.\.\/app\/web\/worker\.mjs/, './worker.mjs'),
);
for (const name of runtimeFiles) {
  files.push(join(runtime, name));
  await copyFile(join(runtime, name), at('dist/app/web', name));
}
await bundle(at('apps/web/main.ts'), at('dist/app/app.mjs'));
await bundle(at('apps/web/picture-worker.ts'), at('dist/app/picture.mjs'));
for (const name of ['index.html', 'app.css', 'icon.svg'])
  await copyFile(at('apps/web', name), at('dist/app', name));
await writeFile(at('dist/app/LICENSES.txt'), await licenses(files));
