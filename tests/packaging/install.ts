import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm pack --json` says of a tarball. */
export interface Tarball {
  readonly filename: string;
  /** Bytes of the tarball. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[];
}

/** A project that has the packed package installed and nothing else. */
export interface Consumer {
  readonly tarball: Tarball;
  readonly folder: string;
  /** Runs a program in the folder and returns what it wrote to stdout. */
  run(program: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Whether a program is a `.cmd` file, which only a shell can start: npm and npx on Windows. */
const isScript = (program: string) => process.platform === 'win32' && /^np[mx]$/.test(program);

/**
 * Packs the package and installs the tarball into an empty project, scripts off and without a network: the dependencies
 * that the package declares, and theirs, lie there already, as hard links to those of this checkout. Anything that the
 * package imports and does not declare is therefore missing.
 */
export async function installPackage(): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-consumer-'));
  const run = async (program: string, ...args: string[]) => {
    const execution = execute(program, args, { cwd: folder, maxBuffer: 1 << 26, shell: isScript(program) });
    // tsc says on stdout what is wrong.
    return (await execution.catch((error) => Promise.reject(new Error(`${error.message}\n${error.stdout}`))))
      .stdout;
  };
  const packed = await execute('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: repository,
    shell: isScript('npm'),
  });
  const [tarball] = JSON.parse(packed.stdout) as [Tarball];
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  await linkDependencies(folder);
  await run(
    'npm',
    'install',
    `./${tarball.filename}`,
    '--offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  );
  return { tarball, folder, run, remove: () => rm(folder, { recursive: true, maxRetries: 3 }) };
}

/** What a consumer's installation has beside the package, from the lock file, less what another platform would have. */
async function linkDependencies(folder: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8'));
  const bins = join(folder, 'node_modules/.bin');
  await mkdir(bins, { recursive: true });
  for (const [path, { dev, devOptional, bin = {} }] of Object.entries<LockEntry>(lock.packages)) {
    if (path === '' || dev || devOptional || !existsSync(join(repository, path))) continue;
    await linkTree(join(repository, path), join(folder, path));
    // npm takes a package for missing whose programs are not linked.
    for (const [name, file] of Object.entries(bin))
      await symlink(join('../..', path, file), join(bins, name));
  }
}

interface LockEntry {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
}

/** Hard links, because one of the packages is large; copies where the two folders lie on different disks. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules') await linkTree(source, target);
    } else if (entry.isSymbolicLink()) {
      await mkdir(dirname(target), { recursive: true });
      await symlink(await readlink(source), target);
    } else {
      await link(source, target).catch(() => copyFile(source, target));
    }
  }
}
