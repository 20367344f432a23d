#!/usr/bin/env node
// Committed and executable, so that `npx hmsa` works in a checkout; the program itself is built into dist/.
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  process.stderr.write('hmsa: this checkout is not built yet. Run: npm ci && npm run build\n');
  process.exitCode = 1;
}
