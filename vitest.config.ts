import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    // Worker threads of Vitest would be stopped inside native calls, which aborts the process.
    pool: 'forks',
    // Two cores: ONNX Runtime sessions inside the tests bring their own threads.
    maxWorkers: 2,
    // What is built is run as it is built: Vite's own imports would slow every call between modules.
    server: { deps: { external: [/\/dist\//] } },
    // For what hangs alone: a slow machine, or one that does other work, takes many times what a fast one does.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
