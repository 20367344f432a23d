#!/usr/bin/env node
// Committed and executable, so that `npx hmsa` works in a checkout; the program itself is built into dist/.
import { existsSync, statSync } from 'node:fs';

const dist = new URL('../dist/', import.meta.url);
/** The program in few files, which start faster. */
const bundle = new URL('program/cli/main.js', dist);
/** In a checkout, what the compiler alone has built last is newer than the bundle. */
const isOld = ['core', 'node'].some(
  (part) => changed(new URL(`${part}.tsbuildinfo`, dist)) > changed(bundle),
);

/** The URL of the program, which is not there if the checkout is not built. */
const program = isOld ? new URL('cli/main.js', dist) : bundle;

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

/** When a file was written, in milliseconds; 0 if it is not there. */
function changed(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function end(message) {
  process.stderr.write(`hmsa: ${message}\n`);
  process.exitCode = 1;
}
