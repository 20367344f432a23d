// Every architecture on every device, beside the CPU: labels and logits of one image, and the losses of a few training
// steps, on the small random networks of the contract tests. It compares results; bench/devices.mjs compares time.
//
//   npm run build && node bench/device-architectures.mjs [--devices webgpu,cuda] [--models FILE.json] [--write FILE.json]
//
// `--write` writes the networks as JSON, for a machine that has only the built package; `--models` reads them.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compile } from '../dist/engine/index.js';
import {
  inferenceGraph,
  initialState,
  initialWeights,
  phaseGraph,
  renderScene,
  sgd,
  stepSession,
  trainingStep,
} from '../dist/index.js';
import { describeSystem, openSessionInThread } from '../dist/node/index.js';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string' },
    models: { type: 'string' },
    write: { type: 'string' },
    child: { type: 'string' },
  },
});

/** The networks of tests/contract/small-models.ts. */
async function smallModels() {
  if (options.models !== undefined) return JSON.parse(readFileSync(options.models, 'utf8'));
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: fileURLToPath(new URL('../tests/contract/small-models.ts', import.meta.url)),
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    platform: 'browser',
    onLog: () => {},
  });
  const { output } = await bundle.generate({ format: 'esm' });
  const url = `data:text/javascript;base64,${Buffer.from(output[0].code).toString('base64')}`;
  return (await import(url)).smallModels;
}

const [height, width, batch, steps] = [90, 134, 2, 4];
const crop = [64, 96];

function scenes(count, [h, w], split) {
  const images = new Uint8Array(count * h * w * 3);
  const labels = new Uint8Array(count * h * w);
  for (let i = 0; i < count; i++) {
    const scene = renderScene({ seed: 1, split, index: i, width: w, height: h });
    images.set(scene.image, i * h * w * 3);
    labels.set(scene.label, i * h * w);
  }
  return {
    images: { dtype: 'uint8', shape: [count, h, w, 3], data: images },
    labels: { dtype: 'uint8', shape: [count, h, w], data: labels },
  };
}

async function predict(config, device) {
  const weights = initialWeights(config, 1);
  const { scales } = config;
  const combine = config.attention.name === 'none' ? 'single' : 'hierarchical';
  const graph = inferenceGraph(config, weights, { scales, combine, logits: true });
  const session = await openSessionInThread(graph, { device });
  const { images } = scenes(1, [height, width], 'val');
  const { logits, labels } = await session.run({ image: images });
  await session.dispose();
  return { logits: Array.from(logits.data), labels: Array.from(labels.data) };
}

async function train(config, device) {
  const kind = config.attention.name === 'none' ? 'scales' : 'joint';
  const { loss, builder, recompute } = phaseGraph(config, {
    kind,
    batch: [batch, ...crop],
    loss: { perScale: 0.05, auxiliary: 0.4 },
    recompute: 'scales',
  });
  const { parameters, bufferUpdates } = builder;
  const step = trainingStep({
    loss,
    parameters,
    bufferUpdates,
    optimizer: sgd({ momentum: 0.9 }),
    recompute,
  });
  const session = await openSessionInThread(compile({ outputs: step.outputs }), {
    device,
    ...stepSession(step),
  });
  await session.setState(initialState(step, initialWeights(config, 1)));
  const { images, labels } = scenes(batch, crop, 'train');
  labels.data.forEach((label, i) => {
    if (label !== 255) labels.data[i] = label % config.classes;
  });
  // Those of random operators, such as dropout: any small whole numbers.
  const random = session.inputs.filter(({ name }) => name === 'seed' || name === 'step');
  const losses = [];
  for (let i = 0; i < steps; i++) {
    const feeds = {
      images,
      labels,
      learningRate: { dtype: 'float32', shape: [], data: Float32Array.of(0.01) },
      ...Object.fromEntries(
        random.map(({ name, shape }) => [
          name,
          { dtype: 'float32', shape, data: Float32Array.from({ length: shape[0] }, (_, k) => k + i) },
        ]),
      ),
    };
    const result = await session.run(feeds, { outputs: ['loss'] });
    losses.push(result.loss.data[0]);
  }
  const { partlyOnCpu } = session;
  await session.dispose();
  return { losses, partlyOnCpu };
}

const stamp = (error) =>
  String(error?.message ?? error)
    .split('\n')[0]
    .slice(0, 200);

if (options.child) {
  const results = {};
  for (const [name, config] of Object.entries(await smallModels())) {
    const result = {};
    results[name] = result;
    try {
      result.prediction = await predict(config, options.child);
      result.training = await train(config, options.child);
    } catch (error) {
      result.error = stamp(error);
    }
  }
  process.stdout.write(JSON.stringify(results));
} else if (options.write) {
  writeFileSync(options.write, JSON.stringify(await smallModels()));
} else {
  const { devices } = await describeSystem();
  const usable = devices.filter((device) => device.usable).map(({ device }) => device);
  const wanted = options.devices?.split(',') ?? usable.filter((device) => device !== 'cpu');
  const on = (device) => {
    const args = [fileURLToPath(import.meta.url), '--child', device];
    if (options.models !== undefined) args.push('--models', options.models);
    return JSON.parse(
      execFileSync(process.execPath, args, { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'inherit'] }),
    );
  };
  const cpu = on('cpu');
  for (const device of wanted) {
    console.log(`\n${device} beside cpu`);
    for (const [name, { prediction, training, error }] of Object.entries(on(device))) {
      const own = cpu[name];
      if (error !== undefined || own.error !== undefined) {
        console.log(`  ${name}: failed: ${error ?? `on cpu: ${own.error}`}`);
        process.exitCode = 1;
        continue;
      }
      const far = (a, b) => Math.max(...a.map((x, i) => Math.abs(x - b[i])));
      const equal = prediction.labels.filter((label, i) => label === own.prediction.labels[i]).length;
      const share = (100 * equal) / prediction.labels.length;
      const size = Math.max(...own.prediction.logits.map(Math.abs));
      const logits = far(prediction.logits, own.prediction.logits) / size;
      const losses = far(training.losses, own.training.losses) / own.training.losses[0];
      console.log(
        `  ${name}: labels ${share.toFixed(3)}% equal, logits within ${logits.toExponential(1)} of their largest, ` +
          `losses of ${steps} steps within ${losses.toExponential(1)}${training.partlyOnCpu ? ', partly on the CPU' : ''}`,
      );
    }
  }
}
