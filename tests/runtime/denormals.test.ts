import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

// In a process of its own: ONNX Runtime sets the thread of the first session alone, see src/engine/runtime/ort.ts.
test('a process’s first session takes denormal numbers for zero', () => {
  const script = fileURLToPath(new URL('fixtures/denormals.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '0', stderr: '' });
});
