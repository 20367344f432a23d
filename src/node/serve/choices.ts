import { z } from 'zod';
import { checkSchema, type Plain } from '../../base/schema/index.js';
import { asProblem, Problem } from './problem.js';

/** What can be answered, by its name for `?format=`. */
export const formats = {
  png: { type: 'image/png', means: 'labels: train ids as indices of a palette of the classes’ colours' },
  overlay: { type: 'image/png', means: 'the colours of the classes over the image' },
  json: { type: 'application/json', means: 'classes, pixels and labels' },
} as const;
export type Format = keyof typeof formats;
const formatNames = Object.keys(formats) as [Format, ...Format[]];

const MOST_SCALES = 8;

/** The query of `POST /v1/segment`. */
export const choicesSchema = z.strictObject({
  format: z
    .enum(formatNames)
    .optional()
    .describe(
      `What to answer: ${formatNames.map((name) => `\`${name}\`, ${formats[name].means}`).join('; ')}. Default: what \`Accept\` prefers, \`png\` without it.`,
    ),
  scales: z
    .array(z.number().min(0.1).max(4))
    .min(1)
    .max(MOST_SCALES)
    .optional()
    .describe('Scales of the image, separated by commas: `0.5,1,2`. Default: those of the server.'),
  combine: z
    .enum(['hierarchical', 'average', 'max', 'single'])
    .optional()
    .describe('How the scales become one prediction. Default: that of the server.'),
  maxSide: z
    .union([z.literal('none'), z.int().min(1).max(65536)])
    .optional()
    .describe(
      'Images with a longer side are reduced to it for the network; the labels keep the size of the image. `none`: never reduced. Default: that of the server.',
    ),
  confidence: z
    .boolean()
    .optional()
    .describe('With `format=json`: also how sure the model is, 0 … 1, of each class and of each pixel.'),
  labels: z
    .enum(['png', 'runs', 'none'])
    .optional()
    .describe(
      'With `format=json`: how the label of each pixel is given. `png` (default): a PNG file in base64; `runs`: train id and number of pixels in turn, row by row from the top left; `none`: not at all.',
    ),
});
export type Choices = Plain<z.infer<typeof choicesSchema>>;

/** Only JSON can hold these. */
const ofJson = ['confidence', 'labels'] as const;

/**
 * @param accepted the type that the client prefers; nothing if it accepts none of ours
 * @throws Problem 400 for a query that is not valid, 406 when the client accepts no type that there is
 */
export function choicesOf(
  query: URLSearchParams,
  accepted: 'image/png' | 'application/json' | undefined,
): Choices & { readonly format: Format } {
  const given: Record<string, unknown> = {};
  for (const [name, text] of query) {
    if (Object.hasOwn(given, name)) throw refusal(`query, ${name}`, 'one value', 'several');
    Object.defineProperty(given, name, { value: meaningOf(name, text), enumerable: true });
  }
  const choices = checked(given);
  if (choices.format === undefined && accepted === undefined) {
    const expected = 'image/png or application/json';
    throw new Problem(406, { operation: 'Accept', expected, received: 'neither' });
  }
  const format = choices.format ?? (accepted === 'application/json' ? 'json' : 'png');
  const other = ofJson.find((name) => choices[name] !== undefined);
  if (other !== undefined && format !== 'json')
    throw refusal(`query, ${other}`, 'format=json beside it', `format=${format}`);
  return { ...choices, format };
}

function checked(given: object): Choices {
  try {
    return checkSchema(choicesSchema, given, 'query') as Choices;
  } catch (error) {
    throw asProblem(400, error);
  }
}

/** The value that a text in the query means. Where it is none of the right kind, the schema refuses the text. */
function meaningOf(name: string, text: string): unknown {
  if (name === 'scales') return text.split(',').map(number);
  if (name === 'maxSide') return number(text);
  if (name === 'confidence') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

function number(text: string): number | string {
  return /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : text;
}

function refusal(operation: string, expected: string, received: string): Problem {
  return new Problem(400, { operation, expected, received });
}
