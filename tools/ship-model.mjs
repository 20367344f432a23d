// Makes a trained model the one that the package carries: `npm run build`, then
//
//   node tools/ship-model.mjs RUN_DIR_OR_MODEL [FOLDER] [--image-size 480x360]
//
// writes its weights as float16 into models/ (or FOLDER, which holds a shipped.json) and its size and SHA-256 into
// shipped.json. Equal models give equal bytes. What only a person can say, figures above all, stays to be written in
// models/README.md. A model of an earlier version does not say what size of photographs it has learned from:
// --image-size does.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { camvid, encodeModel } from '../dist/index.js';
import { readModel, writeFileAtomic, writeJsonAtomic } from '../dist/node/index.js';

const MOST_BYTES = 12_000_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'image-size': { type: 'string' } },
});
const [source, folder = fileURLToPath(new URL('../models', import.meta.url))] = positionals;
if (source === undefined)
  end('usage: node tools/ship-model.mjs RUN_DIR_OR_MODEL [FOLDER] [--image-size 480x360]');

const file = (await stat(source)).isDirectory() ? join(source, 'model.safetensors') : source;
const read = await readModel(file);
// What shipped.json, NOTICE.md and README.md say of it.
if (String(read.classes.names) !== String(camvid.names)) end(`${file}: not a model of CamVid's 11 classes`);
if (read.config.weights !== 'shared') end(`${file}: not one network for all scales`);
const given = /^(\d+)x(\d+)$/.exec(values['image-size'] ?? '');
const imageSize = given === null ? read.imageSize : { width: Number(given[1]), height: Number(given[2]) };
if (imageSize === undefined)
  end(`${file}: does not say the size of its photographs; give --image-size WIDTHxHEIGHT`);
const model = { ...read, imageSize };

const content = encodeModel(model, 'float16');
if (content.length > MOST_BYTES) end(`${file}: ${content.length} bytes in float16, of ${MOST_BYTES} at most`);
const manifest = JSON.parse(await readFile(join(folder, 'shipped.json'), 'utf8'));
const sha256 = createHash('sha256').update(content).digest('hex');
await writeFileAtomic(join(folder, manifest.file), content);
await writeJsonAtomic(join(folder, 'shipped.json'), { ...manifest, bytes: content.length, sha256 });
process.stdout.write(`${join(folder, manifest.file)}\n${content.length} bytes, SHA-256 ${sha256}\n`);

/** @returns {never} */
function end(message) {
  process.stderr.write(`ship-model: ${message}\n`);
  process.exit(1);
}
