// A reader that does what none may, to show that it is noticed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';

export function readWeights() {
  existsSync('.');
  spawnSync(process.execPath, ['--version']);
  connect(9, '127.0.0.1').on('error', () => {});
  fetch('http://127.0.0.1:9').catch(() => {});
  Reflect.get(globalThis, 'eval')('1');
  return { tensors: new Map() };
}
