import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    // Two cores: ONNX Runtime sessions inside the tests bring their own threads.
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
