// Runs every command and program of README.md, in order, in a fresh copy of what is committed. Usage:
//   node tools/readme.mjs            all of it: a quarter of an hour on two slow cores, most of it the demo and the tests
//   node tools/readme.mjs --no-test  all but `npm test`
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The fenced blocks of a page, in order: without a language a shell's lines, with `js` a program. */
export function blocksOf(markdown) {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language,
    text,
  }));
}

async function main() {
  const repository = fileURLToPath(new URL('..', import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-readme-'));
  const copy = join(folder, 'hmsa');
  try {
    await mkdir(copy);
    execFileSync('bash', ['-c', 'git archive HEAD | tar -x -C "$0"', copy], { cwd: repository });
    const blocks = blocksOf(await readFile(join(copy, 'README.md'), 'utf8'));
    for (const [i, { language, text }] of blocks.entries()) {
      if (process.argv.includes('--no-test') && /npm test/.test(text)) continue;
      process.stderr.write(`\n--- ${i + 1} of ${blocks.length}\n${text}`);
      if (language === 'js') await writeFile(join(copy, `readme-${i}.mjs`), text);
      const command = language === 'js' ? ['node', `readme-${i}.mjs`] : ['bash', '-e', '-c', text];
      const { status } = spawnSync(command[0], command.slice(1), { cwd: copy, stdio: 'inherit' });
      if (status !== 0) throw new Error(`block ${i + 1} of README.md ended with ${status}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
