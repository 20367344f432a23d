// The architecture, as the only imports that are allowed. Each folder of src/ names the folders it may
// import from; everything else is an error, cycles included. Data flows one way, from top to bottom.
const layers = {
  // the language
  errors: [],
  graph: ['errors'],
  ops: ['errors', 'graph'],
  // what walks over a graph
  autodiff: ['errors', 'graph', 'ops'],
  interpret: ['errors', 'graph'],
  onnx: ['errors', 'graph', 'ops'],
  // what executes it
  runtime: ['errors'],
  // what is built with it
  nn: ['errors', 'graph', 'ops'],
  models: ['errors', 'graph', 'ops', 'nn'],
  losses: ['errors', 'graph', 'ops'],
  optim: ['errors', 'graph', 'ops'],
  // what goes in and comes out
  weights: ['errors'],
  data: ['errors'],
  augment: ['errors', 'data'],
  evaluate: ['errors', 'data'],
  // the two jobs
  train: [
    'errors',
    'graph',
    'ops',
    'autodiff',
    'onnx',
    'runtime',
    'nn',
    'models',
    'losses',
    'optim',
    'weights',
    'data',
    'augment',
    'evaluate',
  ],
  predict: ['errors', 'graph', 'ops', 'onnx', 'runtime', 'nn', 'models', 'weights', 'data'],
};
const core = Object.keys(layers);
layers.node = [...core, 'index'];
layers.cli = ['errors', 'data', 'node'];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(layers).map(([layer, allowed]) => ({
      name: `${layer}-imports-only-its-allowed-layers`,
      severity: 'error',
      from: { path: `^src/${layer}/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(${[layer, ...allowed].join('|')})(/|\\.ts$)` },
    })),
    {
      name: 'core-imports-no-node',
      severity: 'error',
      comment: 'Only src/node and src/cli may touch Node, so that everything else runs in a browser.',
      from: { path: '^src/', pathNot: '^src/(node|cli)/|\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-injects-onnxruntime',
      severity: 'error',
      comment: 'Core uses the types of onnxruntime-common; the values come from the injected runtime.',
      from: { path: '^src/', pathNot: '^src/(node|cli)/|\\.test\\.ts$' },
      to: { path: 'node_modules/(onnxruntime-(node|web)|sharp)/' },
    },
    {
      name: 'every-layer-is-listed',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/((${Object.keys(layers).join('|')})/|index\\.ts$)` },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.node.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types'],
    },
  },
};
