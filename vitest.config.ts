import { defineConfig } from 'vitest/config';

/** These replace modules, which other files must not see. */
const mocking = ['src/node/datasets/many-files.test.ts', 'src/training/dropout.test.ts'];
/** These leave the process as they found it, but for parts of models that they add. */
const sharing = ['cli', 'contract', 'data', 'fuzz', 'golden', 'loader', 'serve', 'train'].map(
  (folder) => `tests/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    // Worker threads of Vitest would be stopped inside native calls, which aborts the process.
    pool: 'forks',
    // Two cores: ONNX Runtime sessions inside the tests bring their own threads.
    maxWorkers: 2,
    // What is built is run as it is built: Vite's own imports would slow every call between modules.
    server: { deps: { external: [/\/dist\//] } },
    // For what hangs alone: a slow machine, or one that does other work, takes many times what a fast one does.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'src',
          include: ['src/**/*.test.ts'],
          exclude: mocking,
          // Small tests of modules that share no state: to load the modules anew for each file takes longer than the tests.
          isolate: false,
        },
      },
      // A process of its own for each would load the whole of `dist` and ONNX Runtime anew, two seconds of a core.
      { extends: true, test: { name: 'shared', include: sharing, isolate: false } },
      {
        extends: true,
        test: { name: 'whole', include: ['tests/**/*.test.ts', ...mocking], exclude: sharing },
      },
    ],
  },
});
