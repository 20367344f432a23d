// Writes what follows from the schema of a training configuration (`npm run schema`): the tables of docs/configuration.md and
// schema/train-config.schema.json, by which editors complete and check a file for `--config`.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { changesSchema, keyRows } from '../dist/base/schema/index.js';
import { presetLines, presets, trainConfigSchema } from '../dist/training/index.js';

const at = (path) => new URL(`../${path}`, import.meta.url);

/** What each file has to hold, by its path in the repository. */
export async function generated() {
  const page = 'docs/configuration.md';
  return new Map([
    [page, withTables(await readFile(at(page), 'utf8'))],
    ['schema/train-config.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`],
  ]);
}

function jsonSchema() {
  return changesSchema(trainConfigSchema, {
    id: 'urn:hmsa:train-config',
    title: 'hmsa training configuration',
    description: 'What `hmsa train --config FILE` lays over a preset. docs/configuration.md says more.',
  });
}

/** The page with its tables as the program has them, each between `<!-- NAME: npm run schema -->` and `<!-- /NAME -->`. */
function withTables(page) {
  const tables = { keys: keyTable(), presets: presetTable(), phases: phaseTable() };
  return Object.entries(tables).reduce((text, [name, rows]) => {
    const [begin, end] = [`<!-- ${name}: npm run schema -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/configuration.md lacks ${begin} or ${end} after it`);
    return `${text.slice(0, from)}${begin}\n\n${markdownTable(rows)}\n\n${text.slice(to)}`;
  }, page);
}

function keyTable() {
  const rows = keyRows(trainConfigSchema);
  const silent = rows.find(({ meaning }) => meaning === '');
  if (silent !== undefined) throw new Error(`The key ${silent.key} lacks a description in its schema`);
  return [['key', 'value', 'meaning'], ...rows.map(({ key, value, meaning }) => [code(key), value, meaning])];
}

function presetTable() {
  const configs = Object.values(presets);
  const valueAt = (config, key) => key.split('.').reduce((part, name) => part?.[name], config);
  const isShown = (value) => Array.isArray(value) || (value !== undefined && typeof value !== 'object');
  const shown = (value) => (Array.isArray(value) ? value.join(', ') : String(value ?? ''));
  const keys = keyRows(trainConfigSchema)
    .map(({ key }) => key)
    .filter((key) => key !== 'phases' && configs.some((config) => isShown(valueAt(config, key))));
  return [
    ['key', ...Object.keys(presets)],
    ...keys.map((key) => [code(key), ...configs.map((config) => shown(valueAt(config, key)))]),
  ];
}

function phaseTable() {
  const rows = Object.entries(presets).map(([name, { phases }]) => [
    code(name),
    presetLines[name],
    phases.map(phaseLine).join('; '),
  ]);
  return [['preset', 'for', 'phases'], ...rows];
}

function phaseLine({ kind, epochs, schedule }) {
  const { kind: form, rate, warmUp, ...rest } = schedule;
  const more = Object.entries(rest).map(([key, value]) => `, ${key} ${value}`);
  const length = `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`;
  return `${kind}, ${length}, ${form} ${rate}${more.join('')}${warmUp ? `, warmUp ${warmUp.steps}` : ''}`;
}

/** @param rows the head, then the rest; cells in Markdown */
function markdownTable([head, ...rows]) {
  const escaped = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, i) => Math.max(...escaped.map((row) => row[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const [first, ...others] = escaped.map(line);
  return [first, line(widths.map((width) => '-'.repeat(width))), ...others].join('\n');
}

function code(text) {
  return `\`${text}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await mkdir(at('schema'), { recursive: true });
  for (const [path, text] of await generated()) await writeFile(at(path), text);
}
