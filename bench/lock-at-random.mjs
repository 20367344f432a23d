// Eight processes, with four takers each, lock one folder over and over. Three of four times they leave it as if they had
// ended, some of them while they took it over, and some are really killed. At no time may two takers hold it. After
// `npm run build`:
//
//   node bench/lock-at-random.mjs --rounds 500
import { fork, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FolderLock } from '../dist/node/files/folder-lock.js';
import { thisProcess } from '../dist/node/files/lock-owner.js';

const PROCESSES = 8;

/** Locks the folder until the process ends, and tells the parent each time. */
async function lockOverAndOver(folder, dead) {
  const at = (name) => join(folder, name);
  for (;;) {
    let lock;
    try {
      lock = await FolderLock.take(folder, () => {});
    } catch (error) {
      if (!/process \d+, which has held it/.test(error.message)) throw error;
      await setTimeout(5 * Math.random());
      continue;
    }
    const own = randomUUID();
    await writeFile(at('held'), own);
    await setTimeout(3 * Math.random());
    await lock.confirm();
    const now = await readFile(at('held'), 'utf8');
    process.send(now === own ? 'held' : 'shared');
    if (Math.random() < 0.03) process.kill(process.pid, 'SIGKILL');
    if (Math.random() < 0.75) await abandon(at, dead);
    else await lock.release();
  }
}

/** Leaves the folder as a process does that ended, or several, each while it took the lock over. */
async function abandon(at, dead) {
  const ids = Array.from({ length: Math.ceil(3 * Math.random()) }, () => randomUUID());
  for (const [index, id] of [...ids.entries()].reverse()) {
    const next = at(randomUUID());
    await writeFile(next, JSON.stringify({ ...dead, id }));
    await rename(next, at(index === 0 ? '.hmsa-lock' : `.hmsa-lock-${ids[index - 1]}`));
  }
}

async function main() {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '500' } } });
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-lock-'));
  const script = fileURLToPath(import.meta.url);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const dead = { ...thisProcess(), pid, began: '1', since: 'before', folder: await realpath(folder) };
  const rounds = { held: 0, shared: 0, killed: 0 };
  let isOver = false;
  await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      while (!isOver) {
        const child = fork(script, [folder, JSON.stringify(dead)]);
        child.on('message', (what) => {
          rounds[what]++;
          isOver ||= rounds.held + rounds.shared >= Number(values.rounds);
          if (isOver) child.kill('SIGKILL');
        });
        const kill = () => child.kill('SIGKILL');
        child.once('message', () => globalThis.setTimeout(kill, 2000 * Math.random()));
        const [code, signal] = await new Promise((resolve) => child.on('close', (...end) => resolve(end)));
        if (signal !== 'SIGKILL') throw new Error(`a process ended with ${code}; see ${folder}`);
        rounds.killed++;
      }
    }),
  );
  console.log(
    `${rounds.held} times one process held the folder, ${rounds.shared} times two did; ${rounds.killed} processes were killed`,
  );
  const lock = await FolderLock.take(folder, () => {});
  const left = (await readdir(folder)).filter((name) => name.startsWith('.hmsa-lock-'));
  await lock.release();
  if (rounds.shared > 0 || left.length > 0) {
    console.error(`left in ${folder}: ${left.join(', ') || 'nothing'}`);
    process.exitCode = 1;
  } else await rm(folder, { recursive: true });
}

if (process.send === undefined) await main();
else for (let taker = 0; taker < 4; taker++) lockOverAndOver(process.argv[2], JSON.parse(process.argv[3]));
