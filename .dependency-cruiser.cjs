// The architecture, as the only imports that are allowed. Each folder of src/ names the folders it may
// import from; everything else is an error, cycles included. Data flows one way, from top to bottom.
const layers = {
  // the language
  errors: [],
  json: ['errors'],
  arrays: ['errors'],
  schema: ['errors'],
  random: ['errors'],
  graph: ['errors', 'arrays'],
  ops: ['errors', 'arrays', 'graph'],
  // what walks over a graph
  autodiff: ['errors', 'arrays', 'graph', 'ops'],
  interpret: ['errors', 'arrays', 'graph'],
  onnx: ['errors', 'arrays', 'graph', 'ops'],
  // what executes it
  runtime: ['errors', 'arrays'],
  // what is built with it
  nn: ['errors', 'arrays', 'random', 'graph', 'ops'],
  models: ['errors', 'arrays', 'random', 'graph', 'ops', 'nn'],
  losses: ['errors', 'arrays', 'random', 'graph', 'ops'],
  optim: ['errors', 'arrays', 'random', 'graph', 'ops'],
  // what goes in and comes out
  weights: ['errors', 'json', 'arrays'],
  data: ['errors', 'random'],
  augment: ['errors', 'random', 'data'],
  evaluate: ['errors', 'data'],
  // what is kept of a model
  'model-file': ['errors', 'json', 'schema', 'arrays', 'nn', 'models', 'weights', 'data'],
  // the two jobs
  train: [
    'errors',
    'arrays',
    'schema',
    'random',
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
  predict: [
    'errors',
    'arrays',
    'graph',
    'ops',
    'onnx',
    'runtime',
    'nn',
    'models',
    'weights',
    'data',
    'augment',
    'model-file',
  ],
};
const core = Object.keys(layers);
layers.node = [...core, 'index'];
layers.cli = ['errors', 'data', 'train', 'node'];

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
      comment:
        'Core takes ONNX Runtime as a value that its caller injects, and says itself what it asks of it.',
      from: { path: '^src/', pathNot: '^src/(node|cli)/|\\.test\\.ts$' },
      to: { path: 'node_modules/(onnxruntime-(node|web|common)|sharp)/' },
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
