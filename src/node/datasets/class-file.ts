import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { z } from 'zod';
import { type Label, type LabelSet, labelSetOf, parseColor, type Rgb, VOID } from '../../data/index.js';
import { HmsaError } from '../../errors/index.js';
import { classColor } from './class-colors.js';

const part = z.int().min(0).max(255);
const color = z.union([
  z.tuple([part, part, part]),
  z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'a colour is #rrggbb or [red, green, blue]')
    .transform(parseColor),
]);
const label = z.strictObject({
  name: z.string().min(1),
  id: z.int().min(0).max(65_535).optional(),
  color: color.optional(),
});
const schema = z.union([
  z.array(z.string().min(1)).min(1),
  z.strictObject({ classes: z.array(label).min(1), void: z.array(label).optional() }),
]);
type ClassFile = Exclude<z.infer<typeof schema>, string[]>;

/**
 * Reads the classes of anybody's data set:
 *
 * - JSON: `{"classes": [{"name": "road", "id": 7, "color": "#804080"}, …], "void": [{"name": "other", "id": 0}]}`;
 *   ids count from 0 where left out, colours are chosen; or just a list of names;
 * - text: a name a line;
 * - CSV with a header: `name,r,g,b`, as for colour masks.
 *
 * @throws HmsaError that names the file and what is wrong in it
 */
export async function readClassFile(path: string): Promise<LabelSet> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new HmsaError({
      operation: path,
      expected: 'a file of classes',
      received: cause.code === 'ENOENT' ? 'no such file' : String(cause.code),
      remedy: 'Check the path.',
      cause,
    });
  });
  const parsed = schema.safeParse(
    extname(path).toLowerCase() === '.json' ? parseJson(path, text) : parseLines(text),
  );
  if (!parsed.success) throw wrong(path, describe(parsed.error), parsed.error);
  const file = Array.isArray(parsed.data) ? { classes: parsed.data.map((name) => ({ name })) } : parsed.data;
  return labelSetOf(check(path, labelsOf(file)));
}

function labelsOf({ classes, void: ignored = [] }: ClassFile): Label[] {
  return [
    ...classes.map(
      ({ name, id, color: given }, trainId): Label => ({
        name,
        id: id ?? trainId,
        color: given ?? classColor(trainId),
        trainId,
      }),
    ),
    ...ignored.map(
      ({ name, id, color: given }): Label => ({
        name,
        id: id ?? VOID,
        color: given ?? [0, 0, 0],
        trainId: VOID,
      }),
    ),
  ];
}

function check(path: string, labels: Label[]): Label[] {
  const classes = labels.filter(({ trainId }) => trainId !== VOID);
  if (classes.length >= VOID) throw wrong(path, `${classes.length} classes, more than 254`);
  for (const key of ['name', 'id'] as const) {
    const seen = new Set<string | number>();
    for (const entry of key === 'name' ? classes : labels) {
      if (seen.has(entry[key])) throw wrong(path, `the ${key} ${entry[key]} twice`);
      seen.add(entry[key]);
    }
  }
  return labels;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw wrong(path, `no JSON (${(cause as Error).message})`, cause);
  }
}

/** A name a line, or CSV with the columns name, r, g and b. */
function parseLines(text: string): unknown {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const rows = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (!/^name\s*,\s*r\s*,\s*g\s*,\s*b$/i.test(rows[0] ?? '')) return rows;
  return {
    classes: rows.slice(1).map((row) => {
      const [name, ...parts] = row.split(',').map((field) => field.trim());
      return { name, color: parts.map(Number) as unknown as Rgb };
    }),
  };
}

function describe(error: z.ZodError): string {
  const issue = error.issues[0]!;
  // Of a union the branch that got furthest says most.
  const inner = issue.code === 'invalid_union' ? issue.errors.flat() : [issue];
  const deepest = inner.sort((a, b) => b.path.length - a.path.length)[0] ?? issue;
  return `${deepest.path.join('.') || 'the file'}: ${deepest.message}`;
}

function wrong(path: string, received: string, cause?: unknown): HmsaError {
  return new HmsaError({
    operation: path,
    expected: 'classes, each with a name and, if need be, id and color',
    received,
    remedy: 'See `hmsa data inspect --help` for an example.',
    cause,
  });
}
