// Peak memory of a prediction by the size of the image, beside what was predicted.
//
//   node bench/prediction-memory.mjs [--model FILE] [--memory 1GB] [--megapixels 0.1,0.5,2,8,24,100,400] [--scales 0.5,1]
//     [--json FILE] [--svg FILE]
//
// It prints a line for each size, and a table in Markdown at the end; --json keeps the results, --svg draws them (docs/prediction.md
// shows them). A size that --json FILE holds already, with the same memory and scales, is not measured again, so sizes can be added.
// 24 megapixels take minutes, 400 hours.
//
// Each size is a process of its own. The image is made rectangle by rectangle and the labels are thrown away, so what is
// measured is the prediction alone, as with files that are read and written in rows.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    memory: { type: 'string', default: '1GB' },
    megapixels: { type: 'string', default: '0.1,0.5,2,8,24,100,400' },
    scales: { type: 'string' },
    threads: { type: 'string' },
    json: { type: 'string' },
    svg: { type: 'string' },
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
  const key = {
    memory: values.memory,
    scales: values.scales ?? 'the model’s',
    model: values.model ?? 'shipped',
  };
  const known = values.json && existsSync(values.json) ? JSON.parse(readFileSync(values.json, 'utf8')) : [];
  const isKnown = (size) => (result) =>
    result.megapixels === size && Object.keys(key).every((name) => result[name] === key[name]);
  for (const size of values.megapixels.split(',').map(Number)) {
    if (known.some(isKnown(size))) continue;
    const arguments_ = [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--one', String(size)];
    const result = {
      ...key,
      ...JSON.parse(
        execFileSync(process.execPath, arguments_, {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      ),
    };
    known.push(result);
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
    // After each size, so that an interruption keeps what was measured.
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(known, null, 2)}\n`);
  }
  known.sort((a, b) => a.megapixels - b.megapixels);
  console.log('\n| megapixels | `--memory` | way | estimate | peak | difference |');
  console.log('| ---: | --- | --- | ---: | ---: | ---: |');
  for (const { megapixels, memory, way, predicted, measured } of known)
    console.log(
      `| ${megapixels} | ${memory} | ${way} | ${megabytes(predicted)} | ${megabytes(measured)} | ${percent(measured / predicted - 1)} |`,
    );
  if (values.svg !== undefined) writeFileSync(values.svg, plot(known));
}

function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}

function percent(share) {
  return `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(0)}%`;
}

/** Peak memory by megapixels, on logarithmic axes: one line for each amount of memory that was allowed, estimates as rings. */
function plot(results) {
  const [width, height, left, right, top, bottom] = [720, 400, 70, 20, 46, 50];
  const x = (megapixels) => left + ((Math.log10(megapixels) + 1) / 3.7) * (width - left - right);
  const y = (bytes) => height - bottom - ((Math.log10(bytes / 1e9) + 1) / 1.7) * (height - top - bottom);
  const colors = ['#0b6e99', '#b3541e', '#3d7a37', '#7a3d74', '#6b6b00'];
  const text = (at, down, content, more = '') =>
    `<text x="${at.toFixed(1)}" y="${down.toFixed(1)}" ${more}>${content}</text>`;
  const line = (x1, y1, x2, y2, color) =>
    `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${color}"/>`;
  const parts = [];
  for (const size of [0.1, 0.5, 1, 2, 8, 24, 100, 400]) {
    parts.push(line(x(size), top, x(size), height - bottom, '#e4e4e4'));
    parts.push(text(x(size), height - bottom + 18, size, 'text-anchor="middle"'));
  }
  for (const bytes of [0.1e9, 0.2e9, 0.5e9, 1e9, 2e9, 4e9]) {
    parts.push(line(left, y(bytes), width - right, y(bytes), '#e4e4e4'));
    parts.push(text(left - 8, y(bytes) + 4, `${bytes / 1e9} GB`, 'text-anchor="end"'));
  }
  parts.push(text((left + width - right) / 2, height - 10, 'megapixels', 'text-anchor="middle"'));
  const memories = [...new Set(results.map(({ memory }) => memory))];
  for (const [i, memory] of memories.entries()) {
    const color = colors[i % colors.length];
    const own = results.filter((result) => result.memory === memory);
    const points = own.map(
      ({ megapixels, measured }) => `${x(megapixels).toFixed(1)},${y(measured).toFixed(1)}`,
    );
    parts.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`);
    for (const { megapixels, measured, predicted, way } of own) {
      const at = `cx="${x(megapixels).toFixed(1)}"`;
      const fill = way === 'whole' ? '#fff' : color;
      parts.push(
        `<circle ${at} cy="${y(predicted).toFixed(1)}" r="7" fill="none" stroke="${color}" stroke-dasharray="2 2"/>`,
      );
      parts.push(
        `<circle ${at} cy="${y(measured).toFixed(1)}" r="4" fill="${fill}" stroke="${color}" stroke-width="2"/>`,
      );
    }
    parts.push(text(left + 128 * i, 16, `--memory ${memory}`, `fill="${color}"`));
  }
  parts.push(
    text(left, 34, 'peak of the process: ○ whole, ● in tiles; dashed ring: estimate', 'fill="#555"'),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13"><title>Peak memory of a prediction by the size of the image</title><rect width="100%" height="100%" fill="#fff"/>${parts.join('\n')}</svg>\n`;
}
