// The architecture, as the only imports that are allowed. `src/` has wings, each named after what it is for, and a wing has
// rooms, which are folders or single files. A wing names the wings that it may import; a room names the rooms of its own wing.
// Everything else is an error, cycles included. Files of a wing that are in no other room belong to its room `.`.
const wings = {
  base: {
    imports: [],
    rooms: {
      errors: [],
      arrays: ['errors'],
      calls: ['errors'],
      crc32: [],
      json: ['errors'],
      'map-in-order': [],
      pixels: ['errors'],
      'raw-pixels': ['errors', 'pixels'],
      random: ['errors', 'arrays'],
      schema: ['errors'],
      tasks: ['errors'],
    },
  },
  engine: {
    imports: ['base'],
    rooms: {
      // The face `hmsa/engine`.
      '.': ['graph', 'ops', 'autodiff', 'interpret', 'passes', 'onnx', 'runtime'],
      graph: [],
      ops: ['graph'],
      autodiff: ['graph', 'ops'],
      interpret: ['graph'],
      passes: ['graph', 'interpret', 'ops'],
      onnx: ['graph', 'ops', 'passes'],
      runtime: [],
    },
  },
  data: {
    imports: ['base'],
    rooms: {
      '.': ['sampling', 'sets'],
      sampling: ['.'],
      sets: ['.'],
      augmentation: ['.'],
      batches: ['.', 'augmentation'],
      // Where files are; what a file of classes says; what label files mean by it; photographs with labels, by split; the
      // layouts of public sets and of people's folders; what of a set can be used.
      files: ['.'],
      classes: ['.', 'files'],
      labels: ['.', 'files', 'classes'],
      pairs: ['.', 'files', 'labels'],
      layouts: ['.', 'files', 'classes', 'labels', 'pairs'],
      assessment: ['.', 'files', 'pairs', 'layouts'],
    },
  },
  scenes: { imports: ['base', 'data'], rooms: { '.': ['things'], things: ['.'] } },
  model: {
    imports: ['base', 'engine', 'data'],
    rooms: {
      layers: [],
      weights: [],
      trunks: ['.', 'layers'],
      heads: ['.', 'layers', 'trunks'],
      attention: ['.', 'layers', 'heads'],
      '.': ['layers', 'trunks', 'heads', 'attention'],
      file: ['.', 'layers', 'weights'],
      // Weight files of others: PyTorch's archives as named arrays; whose they are and how they name things; both together.
      checkpoints: ['weights'],
      sources: ['.'],
      published: ['.', 'layers', 'weights', 'checkpoints', 'sources', 'file'],
    },
  },
  training: {
    imports: ['base', 'engine', 'data', 'model', 'prediction', 'evaluation'],
    rooms: {
      losses: [],
      optimizers: [],
      step: ['optimizers'],
      '.': ['losses', 'optimizers', 'step'],
      // How much memory a training takes, and what is changed so that it fits.
      memory: ['.', 'losses'],
      run: ['.', 'memory'],
    },
  },
  prediction: {
    imports: ['base', 'engine', 'data', 'model'],
    // The segmenter computes coarse to fine with the parts that tiles are computed with.
    rooms: { '.': ['adaptive'], adaptive: ['.'], quantization: ['.'] },
  },
  evaluation: {
    imports: ['base', 'data', 'model', 'prediction'],
    rooms: { '.': [], comparison: ['.'], diagnosis: ['.', 'comparison'] },
  },
  report: {
    imports: ['base', 'data', 'evaluation'],
    rooms: {
      pictures: [],
      shapes: [],
      pages: ['pictures'],
      // The only room that loads the library of plots.
      plots: ['pictures'],
      views: ['pictures', 'pages', 'plots'],
    },
  },
};
const portable = Object.keys(wings);
// The face of pages: what the page calls, and the worker that answers.
wings.web = {
  imports: ['base', 'engine', 'data', 'model', 'prediction', 'training'],
  rooms: { protocol: [], '.': ['protocol'], worker: ['protocol'] },
};
wings.node = { imports: [...portable, 'index'], rooms: undefined };
wings.cli = { imports: [...portable, 'node'], rooms: undefined };

const sources = { pathNot: '\\.test\\.ts$' };
const either = (names) => names.map((name) => name.replaceAll('.', '\\.')).join('|');

/** The files of a room: its folder or its file; those of `.` lie in the wing itself and are no other room. */
const roomPath = (wing, room) => {
  const others = Object.keys(wings[wing].rooms).filter((name) => name !== '.');
  return room === '.'
    ? `^src/${wing}/(?!(${others.join('|')})(\\.test)?\\.ts$)[^/]+\\.ts$`
    : `^src/${wing}/${room}(/|(\\.test)?\\.ts$)`;
};

const wingRules = Object.entries(wings).map(([wing, { imports }]) => ({
  name: `${wing}-imports-only-its-allowed-wings`,
  severity: 'error',
  from: { path: `^src/${wing}/`, ...sources },
  to: { path: '^src/', pathNot: `^src/(${[wing, ...imports].join('|')})(/|\\.ts$)` },
}));

const roomRules = Object.entries(wings).flatMap(([wing, { rooms }]) =>
  rooms === undefined
    ? []
    : [
        ...Object.entries(rooms).map(([room, allowed]) => ({
          name: `${wing}-${room}-imports-only-its-allowed-rooms`,
          severity: 'error',
          from: { path: roomPath(wing, room), ...sources },
          to: {
            path: `^src/${wing}/`,
            pathNot: [room, ...allowed].map((name) => roomPath(wing, name)).join('|'),
          },
        })),
        {
          name: `${wing}-lists-its-rooms`,
          severity: 'error',
          from: {
            path: `^src/${wing}/`,
            pathNot: Object.keys(rooms)
              .map((room) => roomPath(wing, room))
              .join('|'),
          },
          to: {},
        },
      ],
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...wingRules,
    ...roomRules,
    {
      name: 'only-node-and-cli-touch-node',
      severity: 'error',
      comment: 'Everything outside src/node and src/cli runs in a browser unchanged.',
      from: { path: '^src/', pathNot: '^src/(node|cli)/|\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'onnxruntime-and-sharp-are-injected',
      severity: 'error',
      comment:
        'The engine takes ONNX Runtime as a value that its caller gives, and says itself what it asks of it.',
      from: { path: '^src/', pathNot: '^src/(node|cli|web/worker)/|\\.test\\.ts$' },
      to: { path: 'node_modules/(onnxruntime-(node|web|common)|sharp)/' },
    },
    {
      name: 'every-wing-is-listed',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/((${either(Object.keys(wings))})/|index\\.ts$)` },
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
