import { z } from 'zod';
import { bare } from './look-up.js';

/** What a schema accepts, in words: `a whole number from 1 to 1024`, `one of none, scales`. */
export function expectation(schema: z.ZodType): string {
  const plain = bare(schema);
  if (plain instanceof z.ZodNumber) return number(plain);
  if (plain instanceof z.ZodBoolean) return 'true or false';
  if (plain instanceof z.ZodString) return 'a text';
  if (plain instanceof z.ZodEnum) return oneOf(Object.values(plain.def.entries));
  if (plain instanceof z.ZodLiteral) return oneOf(plain.def.values);
  if (plain instanceof z.ZodArray)
    return `a list of ${length(plain)}${plural(expectation(plain.element as z.ZodType))}`;
  if (plain instanceof z.ZodTuple) {
    return `a list of ${plain.def.items.length} ${plural(expectation(plain.def.items[0] as z.ZodType))}`;
  }
  if (plain instanceof z.ZodDiscriminatedUnion)
    return `an object with ${plain.def.discriminator} and what belongs to it`;
  if (plain instanceof z.ZodObject) return `an object with ${Object.keys(plain.shape).join(', ')}`;
  if (plain instanceof z.ZodUnion) {
    const options = plain.options as z.ZodType[];
    const literals = options.filter((option) => option instanceof z.ZodLiteral);
    if (literals.length === options.length) return oneOf(literals.flatMap(({ def }) => def.values));
    return options.map(expectation).join(' or ');
  }
  return 'another value';
}

/** A check of a schema that bounds a number. */
type Bound = { readonly check: string; readonly value?: number; readonly inclusive?: boolean };

function number(schema: z.ZodNumber): string {
  const checks = (schema.def.checks ?? []).map((check) => check._zod.def as Bound);
  // A number may have several bounds; the narrowest counts.
  const [low] = checks.filter(({ check }) => check === 'greater_than').sort((a, b) => b.value! - a.value!);
  const [high] = checks.filter(({ check }) => check === 'less_than').sort((a, b) => a.value! - b.value!);
  const isWhole = schema instanceof z.ZodNumberFormat;
  const noun = isWhole ? 'a whole number' : 'a number';
  // For whole numbers, "above 0" means "from 1".
  const least = isWhole && low?.inclusive === false ? low.value! + 1 : low?.value;
  const above = !isWhole && low?.inclusive === false;
  if (high === undefined) {
    if (least === undefined) return noun;
    return above ? `${noun} above ${least}` : `${noun} of at least ${least}`;
  }
  const upTo = high.inclusive ? `${high.value}` : `below ${high.value}`;
  if (least === undefined) return `${noun} up to ${upTo}`;
  return above ? `${noun} above ${least} and up to ${upTo}` : `${noun} from ${least} to ${upTo}`;
}

function length(schema: z.ZodArray): string {
  const checks = (schema.def.checks ?? []).map(
    (check) => check._zod.def as { check: string; minimum?: number; maximum?: number },
  );
  const least = checks.find(({ check }) => check === 'min_length')?.minimum;
  const most = checks.find(({ check }) => check === 'max_length')?.maximum;
  if (least === undefined) return most === undefined ? '' : `up to ${most} `;
  return most === undefined ? `${least} or more ` : `${least} to ${most} `;
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? JSON.stringify(values[0]) : `one of ${values.join(', ')}`;
}

function plural(words: string): string {
  return words
    .replace(/^an? (whole number|number|object|text|list)/, '$1s')
    .replace(/^true or false$/, 'true and false');
}
