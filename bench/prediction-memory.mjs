// Peak memory of a prediction by the size of the image, beside what was predicted.
//
//   node bench/prediction-memory.mjs [--model FILE] [--memory 2GB] [--megapixels 0.1,1,10,100,400] [--scales 0.5,1] [--json FILE]
//
// Each size is a process of its own. The image is made rectangle by rectangle and the labels are thrown away, so what is
// measured is the prediction alone, as with files that are read and written in rows.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    memory: { type: 'string', default: '2GB' },
    megapixels: { type: 'string', default: '0.1,0.4,1.6,6.4,25,100,400' },
    scales: { type: 'string' },
    threads: { type: 'string' },
    json: { type: 'string' },
    one: { type: 'string' },
  },
});

if (values.one === undefined) report();
else console.log(JSON.stringify(await measure(Number(values.one))));

async function measure(megapixels) {
  const { loadModel, parseBytes, wholeMemory } = await tools();
  const side = Math.round(Math.sqrt(megapixels * 1e6));
  const model = await loadModel(values.model, {
    memoryLimit: parseBytes(values.memory),
    ...(values.threads && { threads: Number(values.threads) }),
  });
  let plan;
  let rows = 0;
  const started = performance.now();
  await model.segmentRows(
    { width: side, height: side, read: async (region) => pixels(region) },
    {
      write: ({ height }) => {
        rows += height;
      },
    },
    {
      maxSide: 'none',
      ...(values.scales && { scales: values.scales.split(',').map(Number) }),
      onPlan: (made) => {
        plan = made;
      },
    },
  );
  if (rows !== side) throw new Error(`${rows} rows of ${side} came`);
  const seconds = (performance.now() - started) / 1000;
  const scales = values.scales?.split(',').map(Number) ?? model.model.config.scales;
  const choice = { scales, combine: scales.length === 1 ? 'single' : 'hierarchical' };
  const measured = process.resourceUsage().maxRSS * 1024;
  await model.dispose();
  return {
    megapixels,
    side,
    way: plan === undefined ? 'whole' : 'tiles',
    predicted: plan?.bytes ?? wholeMemory(model.model.config, { width: side, height: side }, choice),
    measured,
    seconds,
    tiles: plan?.scales.map(({ scale, down, across }) => ({
      scale,
      rows: down.length,
      columns: across.length,
      height: down[0].length,
      width: across[0].length,
    })),
  };
}

async function tools() {
  const { loadModel } = await import('hmsa/node');
  const { parseBytes } = await import('../dist/training/bytes.js');
  const { wholeMemory } = await import('../dist/prediction/memory.js');
  return { loadModel, parseBytes, wholeMemory };
}

/** Waves of several lengths, with edges. */
function pixels({ x, y, width, height }) {
  const data = new Uint8Array(width * height * 3);
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [u, v] = [x + column, y + row];
      const block = ((u >> 6) * 7 + (v >> 6) * 13) & 63;
      data[at++] = 96 + block + ((u * v) & 31);
      data[at++] = 128 + 40 * Math.sin(u / 17) + (block >> 1);
      data[at++] = 100 + 50 * Math.cos(v / 29);
    }
  }
  return { x, y, width, height, data };
}

function report() {
  const results = values.megapixels.split(',').map((size) => {
    const arguments_ = [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--one', size];
    const result = JSON.parse(execFileSync(process.execPath, arguments_, { encoding: 'utf8' }));
    const megabytes = (bytes) => (bytes === undefined ? '–' : `${Math.round(bytes / 1e6)} MB`);
    console.log(
      [
        `${result.megapixels} MP`.padStart(9),
        result.way.padEnd(6),
        `predicted ${megabytes(result.predicted)}`.padEnd(20),
        `measured ${megabytes(result.measured)}`.padEnd(20),
        `${result.seconds.toFixed(1)} s`.padStart(9),
        (result.tiles ?? [])
          .map(
            ({ scale, rows, columns, height, width }) => `${scale}: ${rows}×${columns} of ${height}×${width}`,
          )
          .join(', '),
      ].join('  '),
    );
    return result;
  });
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
}
