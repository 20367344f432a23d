/** @type {import('vite').UserConfig} */
export default {
  base: './',
  // Its worker lies beside it, where the dependency optimizer would not look.
  optimizeDeps: { exclude: ['hmsa'] },
  worker: { format: 'es' },
  // With these the CPU computes with several threads. The server of the built site has to send them too.
  server: {
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
};
