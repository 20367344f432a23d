#!/usr/bin/env node
// Committed and executable, so that `npx hmsa` works in a checkout; the program itself is built into dist/.
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli/main.js', import.meta.url);
// The least that `engines` in package.json allows: below it, Node cannot read how sharp imports its package.json.
const [LEAST_MAJOR, LEAST_MINOR] = [20, 10];
const [major, minor] = process.versions.node.split('.').map(Number);
const isTooOld = major < LEAST_MAJOR || (major === LEAST_MAJOR && minor < LEAST_MINOR);

if (isTooOld) {
  end(
    `expected Node ${LEAST_MAJOR}.${LEAST_MINOR} or later, received ${process.versions.node}. Install a newer Node.`,
  );
} else if (!existsSync(program)) {
  end('this checkout is not built yet. Run: npm ci && npm run build');
} else {
  const { main } = await import(program.href);
  await main();
}

function end(message) {
  process.stderr.write(`hmsa: ${message}\n`);
  process.exitCode = 1;
}
