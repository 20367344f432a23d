import { extensionOf, type Files } from '../files/index.js';
import { type Label, type LabelSet, labelSetOf, VOID } from '../index.js';
import { type ClassEntry, ClassFileProblem, classColor } from './class-entry.js';
import { parseClassJson } from './class-json.js';
import { parseClassTable } from './class-table.js';

/** The content of a class file, and which parts it leaves out. */
export interface ClassFile extends LabelSet {
  /** Whether the file gives an id for at least one class. Otherwise ids count from 0. */
  readonly hasIds: boolean;
  /** Whether the file gives a colour for every class. Otherwise colours are chosen. */
  readonly hasColors: boolean;
}

/** A class file is a page or two of text. */
const LARGEST = 2 ** 24;

/**
 * Reads the classes of a data set of the user:
 *
 * - JSON: `{"classes": [{"name": "road", "id": 7, "color": "#804080"}, …], "void": [{"name": "other", "id": 0}]}`.
 *   Default ids count from 0, and default colours are chosen. Also a list of names, and the formats of other tools
 *   ({@link parseClassJson});
 * - text: one name on each line, a table such as `name,r,g,b` or `id,name`, and the formats of other tools ({@link
 *   parseClassTable}).
 *
 * @throws HmsaError that names the file, the key or line, and what is expected there
 */
export async function readClassFile(files: Pick<Files, 'readText'>, path: string): Promise<ClassFile> {
  const text = await files.readText(path, { expected: 'a file of classes', limit: LARGEST });
  const problem = new ClassFileProblem(path);
  const extension = extensionOf(path);
  if (['yaml', 'yml', 'xml'].includes(extension)) {
    const remedy = 'Write the classes as JSON, as CSV, or as one name on each line.';
    throw problem.at('as a whole', 'classes as JSON, CSV or text', `a .${extension} file`, remedy);
  }
  const isJson = extension === 'json' || /^\s*[[{]/.test(text);
  const entries = isJson ? parseClassJson(text, problem) : parseClassTable(text, problem);
  check(entries, problem);
  const scored = entries.filter(({ isVoid }) => !isVoid);
  const set = labelSetOf(labelsOf(entries, problem));
  const given = set.labels.filter(({ name, trainId }) =>
    entries.some((entry) => entry.name === name && (trainId !== VOID || entry.color !== undefined)),
  );
  return {
    ...set,
    // A void label without a colour is not black.
    byColor: { by: 'color', trainIds: given.map(({ color, trainId }) => [color, trainId]) },
    hasIds: scored.some(({ id }) => id !== undefined),
    hasColors: scored.every(({ color }) => color !== undefined),
  };
}

function labelsOf(entries: readonly ClassEntry[], problem: ClassFileProblem): Label[] {
  const scored = entries.filter(({ isVoid }) => !isVoid);
  const labels = [
    ...scored.map(
      ({ name, id, color }, trainId): Label => ({
        name,
        id: id ?? trainId,
        color: color ?? classColor(trainId),
        trainId,
      }),
    ),
    ...entries
      .filter(({ isVoid }) => isVoid)
      .map(
        ({ name, id, color }): Label => ({ name, id: id ?? VOID, color: color ?? [0, 0, 0], trainId: VOID }),
      ),
  ];
  const seen = new Map<number, string>();
  for (const { id, name, trainId } of labels) {
    const other = seen.get(id);
    // Several void labels without an id are all 255.
    if (other !== undefined && !(trainId === VOID && id === VOID)) {
      throw problem.at(
        'as a whole',
        'an id of its own for each class',
        `the id ${id} twice (${other}, ${name})`,
      );
    }
    seen.set(id, name);
  }
  return labels;
}

function check(entries: readonly ClassEntry[], problem: ClassFileProblem): void {
  const scored = entries.filter(({ isVoid }) => !isVoid);
  if (scored.length === 0) throw problem.at('as a whole', 'at least one class', 'none');
  if (scored.length >= VOID) {
    throw problem.at('as a whole', 'at most 254 classes', `${scored.length} classes`);
  }
  const names = new Set<string>();
  for (const { name } of scored) {
    if (names.has(name)) throw problem.at('as a whole', 'different names', `the name ${name} twice`);
    names.add(name);
  }
}
