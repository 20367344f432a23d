import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Consumer, installPackage, repository } from './install.js';

const fixture = (name: string) => fileURLToPath(new URL(`./consumer/${name}`, import.meta.url));
const MODEL = 'models/camvid-mobilenetv2-2scale.safetensors';
const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));

// Compilers and commands, each a process of its own: minutes where the cores have much else to do.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let consumer: Consumer;
beforeAll(async () => {
  consumer = await installPackage();
});
afterAll(() => consumer?.remove());

test('the tarball holds the program, its model and its documents, and neither sources nor tests nor maps to them', async () => {
  const { files } = consumer.tarball;
  const paths = files.map(({ path }) => path);
  // Folders that change with the sources count as one line; what else comes along is listed.
  const isBundled = (path: string) => /^dist\/program\/.+\.js$/.test(path);
  const isMany = (path: string) => /^dist\/.+\.(js|d\.ts)$/.test(path) && !isBundled(path);
  const many = paths
    .filter((path) => /^dist\/[^.]+\.js$/.test(path) && !isBundled(path))
    .map((path) => path.replace(/\.js$/, ''));
  expect(paths.filter(isMany).sort()).toEqual(many.flatMap((path) => [`${path}.d.ts`, `${path}.js`]).sort());
  expect(many.length).toBeGreaterThan(100);
  const others = paths.filter((path) => !isMany(path) && !isBundled(path));
  const listed = ['dist/**/NAME.js and NAME.d.ts', 'dist/program/**/NAME.js', ...others.sort()];
  expect(paths.filter(isBundled)).toContain('dist/program/cli/main.js');
  // `npx vitest run tests/packaging/package.test.ts -u` writes it anew.
  await expect(`${listed.join('\n')}\n`).toMatchFileSnapshot('packed.txt');
  expect(files.find(({ path }) => path === MODEL)!.size).toBeLessThanOrEqual(12_000_000);
  const other = paths.filter(
    (path) => /^dist\/(?!app\/|program\/)/.test(path) && !/^dist\/(?!.*\.test\.).*\.(js|d\.ts)$/.test(path),
  );
  expect(other).toEqual([]);
  expect(files.find(({ path }) => path === 'bin/hmsa.js')!.mode & 0o111).toBe(0o111);
});

test('its texts link only to what is packed too', async () => {
  const paths = new Set(consumer.tarball.files.map(({ path }) => path));
  const pages = [...paths].filter((path) => path.endsWith('.md'));
  const links = await Promise.all(
    pages.map(async (page) => {
      const text = await readFile(join(consumer.folder, 'node_modules/hmsa', page), 'utf8');
      const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
      const relative = targets.filter((target) => !/^(https?:|#)/.test(target));
      return relative.map((target) => posix.join(posix.dirname(page), target.replace(/#.*/, '')));
    }),
  );
  const isThere = (target: string) =>
    paths.has(target) || [...paths].some((path) => path.startsWith(`${target.replace(/\/$/, '')}/`));
  expect(links.flat().length).toBeGreaterThan(10);
  expect(links.flat().filter((target) => !isThere(target))).toEqual([]);
});

test('no file of it names a map that is not there', async () => {
  const { files } = consumer.tarball;
  const installed = join(consumer.folder, 'node_modules/hmsa');
  const texts = await Promise.all(files.map(({ path }) => readFile(join(installed, path), 'utf8')));
  const dangling = files.filter((_, i) => texts[i]!.includes('\n//# sourceMappingURL='));
  expect(dangling.map(({ path }) => path)).toEqual([]);
});

test('the installation needs nothing that the package does not declare', async () => {
  const installed = await consumer.run('npm', 'ls', '--all', '--offline');
  expect(installed).toContain(`hmsa@${version}`);
});

test('the command answers', async () => {
  expect(await consumer.run('npx', '--offline', 'hmsa', '--version')).toBe(`${version}\n`);
  const help = await consumer.run('node_modules/.bin/hmsa', '--help');
  for (const command of ['train', 'evaluate', 'segment', 'data', 'info'])
    expect(help).toContain(`  ${command} `);
});

const consumers = {
  // Without `lib`, a target brings the DOM along; a program for Node need not have it.
  'street.ts': { module: 'NodeNext', moduleResolution: 'NodeNext', types: ['node'], lib: ['ES2022'] },
  'browser.ts': { module: 'ESNext', moduleResolution: 'Bundler', types: [], noEmit: true },
};

test.each(Object.entries(consumers))('every face carries its types: %s', async (name, given) => {
  const file = join(consumer.folder, name);
  await copyFile(fixture(name), file);
  const typeRoots = [join(repository, 'node_modules/@types')];
  const compilerOptions = { target: 'ES2023', strict: true, typeRoots, ...given };
  const { options, errors } = ts.convertCompilerOptionsFromJson(compilerOptions, consumer.folder);
  const program = ts.createProgram([file], options);
  // All declarations, as with `skipLibCheck: false`: those of dependencies too, which may need types that nobody installs.
  const own = program.getSourceFiles().filter(({ fileName }) => fileName.includes('/node_modules/hmsa/'));
  expect(own.length).toBeGreaterThan(100);
  const found = [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getSyntacticDiagnostics(),
    ...program.getSemanticDiagnostics(),
  ];
  expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  program.emit();
});

test('its declarations stay within TypeScript 5.4, which has no typed arrays with parameters', async () => {
  const installed = join(consumer.folder, 'node_modules/hmsa');
  const files = consumer.tarball.files.filter(({ path }) => path.endsWith('.d.ts'));
  const texts = await Promise.all(files.map(({ path }) => readFile(join(installed, path), 'utf8')));
  const code = texts.map((text) => text.replace(/\/\*[\s\S]*?\*\//g, ''));
  const newer = files.filter((_, i) => /\b(Int|Uint|Float|BigInt|BigUint)\d+Array</.test(code[i]!));
  // Inside of the session, which no public declaration reaches.
  expect(newer.map(({ path }) => path)).toEqual(['dist/node/session/native-calls.d.ts']);
});

test('CommonJS gets every face by require, where Node can', async () => {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  if (major < 20 || (major === 20 && minor < 19) || (major === 22 && minor < 12)) return;
  const program =
    "console.log(typeof require('hmsa').Segmenter, typeof require('hmsa/engine').lower, typeof require('hmsa/node').loadModel)";
  await writeFile(join(consumer.folder, 'require.cjs'), program);
  expect(await consumer.run('node', 'require.cjs')).toBe('function function function\n');
});

test('a Node that is too old is named in one line, before anything is loaded', async () => {
  const { engines } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
  const least = engines.node.replace('>=', '');
  // What the program reads of Node's version, changed before it is loaded.
  const older =
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.9.0' } })";
  const command = [
    `data:text/javascript,${encodeURIComponent(older)}`,
    'node_modules/hmsa/bin/hmsa.js',
  ] as const;
  await expect(consumer.run('node', '--import', ...command, '--version')).rejects.toThrow(
    `hmsa: expected Node ${least} or later, received 20.9.0. Install a newer Node.`,
  );
});

test('the library renders a street, the command trains and labels it, the library loads the model', async () => {
  expect(await consumer.run('node', 'street.js', 'street.png')).toBe(`rendered with hmsa ${version}\n`);
  const hmsa = (...args: string[]) =>
    consumer.run('node_modules/.bin/hmsa', ...args, '--quiet', '--threads', '1');
  const data = 'synthetic:count=2,size=64x32';
  const trained = await hmsa(
    'train',
    '--data',
    data,
    '--config',
    fixture('config.json'),
    '--out',
    'run',
    '--validation',
    'none',
  );
  const model = trained.trim();
  expect(model).toBe('run/model.safetensors');
  const written = await hmsa('segment', 'street.png', '--model', model, '--out', 'labelled');
  expect(written.trim().split('\n')).toEqual([
    expect.stringMatching(/^street\.png: [a-z]+ \d+\.\d%/),
    'labelled/street.labels.png',
    'labelled/street.overlay.png',
  ]);
  expect(await consumer.run('node', 'street.js', 'street.png', model)).toBe('labelled 2048 of 2048 pixels\n');
});

test('without --model the command takes the model that came along, and says how to get one where it is gone', async () => {
  await consumer.run('node', 'street.js', 'plain.png');
  const segment = () => consumer.run('node_modules/.bin/hmsa', 'segment', 'plain.png', '--threads', '1');
  expect(await segment()).toMatch(/^plain\.png: [a-z]+ .*%\nplain\.labels\.png\nplain\.overlay\.png\n$/);
  const file = join(consumer.folder, 'node_modules/hmsa', MODEL);
  const whole = await readFile(file);
  await writeFile(file, whole.subarray(0, -1));
  await expect(segment()).rejects.toThrow(
    /expected SHA-256 [0-9a-f]{64}, received [0-9a-f]{64}: .*Reinstall/,
  );
  await rm(file);
  await expect(segment()).rejects.toThrow(/received none there\. Reinstall hmsa\. .*hmsa train --data/);
  await writeFile(file, whole);
});
