import { z } from 'zod';

/** The file that says what the arms of an ablation are. */
export const ABLATION_FILE = 'ablation.json';

export const ablationMark = { format: 'hmsa ablation', formatVersion: 1 } as const;

const path = z.string().regex(/^(?!.*(^|\/)\.\.(\/|$))[\w.-]+(\/[\w.-]+)*$/, 'a path below the folder');

/** The content of {@link ABLATION_FILE}. */
export const ablationSchema = z.object({
  format: z.literal(ablationMark.format),
  formatVersion: z.literal(ablationMark.formatVersion),
  /** Epochs in all, by the path of an arm. */
  epochs: z.record(z.string(), z.int().min(1)),
  contenders: z.array(
    z.object({
      name: z.string().min(1),
      reference: z.string().optional(),
      models: z
        .array(z.object({ path, arms: z.array(z.object({ scale: z.number().optional(), path })).min(1) }))
        .min(1),
    }),
  ),
});

export type AblationRecord = z.infer<typeof ablationSchema>;
