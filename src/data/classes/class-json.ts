import { nearName } from '../../base/errors/index.js';
import { parseJson } from '../../base/json.js';
import { type ClassEntry, type ClassFileProblem, colorOf, idOf, SEE_HELP } from './class-entry.js';

/** Names for the list of classes: ours and COCO's, Supervisely's and CVAT's, Mapillary's. */
const lists = ['classes', 'categories', 'labels', 'names'];
/** Keys that map numbers to names or names to numbers, in YOLO, Hugging Face and nnU-Net. */
const tables = ['classes', 'names', 'id2label', 'label2id', 'labels', 'label_map'];
const keys = {
  name: ['name', 'title', 'label', 'class', 'readable'],
  id: ['id', 'value', 'index'],
  color: ['color', 'colour', 'rgb', 'hex'],
} as const;
/** Keys of these tools that do not concern label maps. */
const passedOver = new Set([
  ...['supercategory', 'isthing', 'shape', 'geometry_config', 'geometry_type', 'hotkey', 'description'],
  ...['attributes', 'type', 'instances', 'parent', 'parent_id', 'sublabels', 'svg', 'elements', 'keypoints'],
]);

/** Keys of Supervisely and CVAT, whose `id` is a row number of their database. */
const ofEditors = new Set(['shape', 'geometry_config', 'hotkey', 'attributes', 'sublabels']);

/**
 * Parses the classes in a JSON text: `{"classes": [{"name", "id", "color"}, …], "void": […]}`, a list of such objects
 * or of names, `{"0": "road"}`, `{"road": 0}` or `{"road": "#804080"}`, and the formats of COCO, Supervisely, CVAT and
 * Mapillary.
 *
 * @throws HmsaError that names the key and what is expected there
 */
export function parseClassJson(text: string, problem: ClassFileProblem): ClassEntry[] {
  const content = parseJson(text, problem.path, { remedy: SEE_HELP, anyKey: true });
  if (Array.isArray(content)) return entries(content, '', problem);
  if (!isObject(content)) throw problem.at('as a whole', 'a list or an object of classes', shown(content));
  const list = lists.find((key) => Array.isArray(content[key]));
  if (list === undefined) {
    const table = tables.find((key) => isObject(content[key]));
    return fromPairs(table === undefined ? content : (content[table] as Record<string, unknown>), problem);
  }
  const isOwn = list === 'classes';
  for (const key of isOwn ? Object.keys(content) : []) {
    // Supervisely's meta.json has more keys than its classes, such as tags.
    if (key === 'classes' || key === 'void' || key === 'tags' || key.startsWith('project')) continue;
    throw unknownKey(key, ['classes', 'void'], 'as a whole', problem);
  }
  const ignored = content.void ?? [];
  if (!Array.isArray(ignored)) throw problem.at('void', 'a list of labels', shown(ignored));
  return [
    ...entries(content[list] as unknown[], list, problem),
    ...(isOwn ? entries(ignored, 'void', problem).map((entry) => ({ ...entry, isVoid: true })) : []),
  ];
}

function entries(list: readonly unknown[], at: string, problem: ClassFileProblem): ClassEntry[] {
  return list.map((value, i) => {
    const where = `${at}[${i}]`;
    if (typeof value === 'string') return { name: nameIn(value, where, problem) };
    if (!isObject(value)) throw problem.at(where, 'a name, or an object with a name', shown(value));
    return entryOf(value, where, problem);
  });
}

function entryOf(value: Record<string, unknown>, where: string, problem: ClassFileProblem): ClassEntry {
  const known: string[] = Object.values(keys).flat();
  for (const key of Object.keys(value)) {
    if (known.includes(key) || passedOver.has(key) || key === 'evaluate') continue;
    throw unknownKey(key, ['name', 'id', 'color'], where, problem);
  }
  const find = (names: readonly string[]) => names.find((key) => Object.hasOwn(value, key));
  const [nameKey, idKey, colorKey] = [find(keys.name), find(keys.id), find(keys.color)];
  if (nameKey === undefined) throw problem.at(where, 'a name', 'none');
  const name = nameIn(value[nameKey], `${where}.${nameKey}`, problem);
  const isOfDatabase = idKey === 'id' && Object.keys(value).some((key) => ofEditors.has(key));
  const id =
    idKey === undefined || isOfDatabase ? undefined : idIn(value[idKey], `${where}.${idKey}`, problem);
  const color =
    colorKey === undefined ? undefined : colorIn(value[colorKey], `${where}.${colorKey}`, problem);
  return {
    name,
    ...(id !== undefined && { id }),
    ...(color !== undefined && { color }),
    // Mapillary's mark for classes that are scored.
    ...(value.evaluate === false && { isVoid: true }),
  };
}

/** `{"0": "road"}`, `{"road": 0}` or `{"road": "#804080"}`, all of one form. */
function fromPairs(content: Record<string, unknown>, problem: ClassFileProblem): ClassEntry[] {
  const pairs = Object.entries(content);
  const isNumbered = pairs.length > 0 && pairs.every(([key]) => idOf(key) !== undefined);
  if (isNumbered) return pairs.map(([key, value]) => ({ id: idOf(key)!, name: nameIn(value, key, problem) }));
  if (pairs.length > 0 && pairs.every(([, value]) => typeof value === 'number')) {
    return pairs.map(([name, value]) => ({ name, id: idIn(value, name, problem) }));
  }
  if (pairs.length > 0 && pairs.every(([, value]) => colorOf(value) !== undefined)) {
    return pairs.map(([name, value]) => ({ name, color: colorOf(value)! }));
  }
  const found = Object.keys(content).find((key) => nearName(key, lists) !== undefined);
  if (found !== undefined) throw unknownKey(found, lists, 'as a whole', problem);
  throw problem.at('as a whole', 'a key "classes" with a list', `the keys ${shown(Object.keys(content))}`);
}

function nameIn(value: unknown, where: string, problem: ClassFileProblem): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw problem.at(where, 'a name', shown(value));
}

function idIn(value: unknown, where: string, problem: ClassFileProblem): number {
  const id = idOf(value);
  if (id === undefined) throw problem.at(where, 'a whole number in 0 … 65535', shown(value));
  return id;
}

function colorIn(value: unknown, where: string, problem: ClassFileProblem) {
  const color = colorOf(value);
  if (color === undefined) throw problem.at(where, 'a colour, "#rrggbb" or [red, green, blue]', shown(value));
  return color;
}

function unknownKey(key: string, known: readonly string[], where: string, problem: ClassFileProblem) {
  const near = nearName(key, known);
  const remedy = near === undefined ? 'Remove it.' : `Did you mean ${near}?`;
  return problem.at(where, `no other keys than ${known.join(', ')}`, key, remedy);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
