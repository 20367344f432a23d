// Bundles the command line, after `tsc -b`: dist/program, some dozens of files in place of more than a thousand with those of
// packages, because each file that Node loads takes about a millisecond. `npm run build` runs it, and bin/hmsa.js starts it.
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { licenses } from './licenses.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const out = join(dist, 'program');

/** Modules of dist/ that are loaded by their address: the program, threads and processes, and data sets that threads open. */
const entries = [
  'cli/main.js',
  'node/session/worker.js',
  'node/session/probe.js',
  'node/loader/worker.js',
  'node/jobs/ablation/arm-main.js',
  'node/datasets/file-dataset.js',
  'node/datasets/mixed.js',
  'scenes/dataset.js',
];
/** Packages with a binary for the platform, which stay where npm has installed them. */
const native = /^(sharp|onnxruntime-(node|web))(\/|$)/;

const posix = (path) => path.split(sep).join('/');

/**
 * What `import.meta.url` becomes: where it gives the address of a module, which is an entry, the module's place in dist/program;
 * for all else, such as files beside dist/, the place where the code was before.
 */
const addresses = {
  name: 'addresses',
  transform(code, id) {
    // What the bundler itself adds has no place.
    if (id.startsWith('\0')) return null;
    const module = posix(relative(dist, id));
    return code.replaceAll(/(new URL\('([^']+\.js)', |module: )?import\.meta\.url/g, (_, use = '', named) => {
      if (use !== '')
        requireEntry(
          named === undefined ? module : posix(join(dirname(module), named)),
          `named in ${module}`,
        );
      const place = use === '' ? posix(relative(out, id)) : `./${module}`;
      return `${use}new URL(${JSON.stringify(place)}, import.meta.url).href`;
    });
  },
};

function requireEntry(module, why) {
  if (!entries.includes(module))
    throw new Error(`Add ${module}, ${why}, to the entries of bundle-program.mjs.`);
}

await rm(out, { recursive: true, force: true });
const build = await rolldown({
  input: Object.fromEntries(entries.map((entry) => [entry.replace(/\.js$/, ''), join(dist, entry)])),
  platform: 'node',
  external: (id) => native.test(id),
  plugins: [addresses],
  onLog: (level, log) => {
    if (level === 'warn') throw new Error(log.message);
  },
});
// Names stay as they are, so that an error of `--debug` can be read.
const { output } = await build.write({
  dir: out,
  format: 'esm',
  comments: false,
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
});
await build.close();

await writeFile(join(out, 'LICENSES.txt'), await licenses(output.flatMap(({ moduleIds = [] }) => moduleIds)));
