import { z } from 'zod';
import type { OpenOptions } from '../../data/pairs/index.js';
import { flag, type Shape, text } from '../arguments/index.js';

/** What {@link OpenOptions} may hold, key by key. */
export const openOptionsShape = {
  split: text,
  groups: z.array(z.string()).optional(),
  classes: text,
  blocks: z.record(z.string(), z.number()).optional(),
  followLinks: flag,
  pixelLimit: z.number().positive().optional(),
} satisfies Shape<OpenOptions>;
