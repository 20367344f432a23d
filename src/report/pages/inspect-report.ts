import { z } from 'zod';
import type { ClassStatistics } from '../../data/index.js';

/** The findings of `hmsa data inspect`. The JSON file is this object. */
export interface InspectReport {
  /** Version of this format. */
  readonly format: 1;
  /** `KIND:PATH`. */
  readonly set: string;
  readonly classes: readonly { readonly name: string; readonly color: string }[];
  readonly splits: readonly SplitReport[];
  /** Classes without a pixel in any of the splits. */
  readonly neverOccurring: readonly string[];
  /** Everything that would break training or evaluation, file by file. */
  readonly faults: readonly ReportedFault[];
  /** Assumptions and other facts worth knowing, a sentence each. */
  readonly notes: readonly string[];
}

/** Something that would break training or evaluation. */
export interface ReportedFault {
  /** Such as `unreadable image`. */
  readonly kind: string;
  /** Path below the root. */
  readonly file: string;
  readonly split?: string;
  readonly detail: string;
}

export interface SplitReport {
  readonly name: string;
  readonly photographs: number;
  readonly labelled: number;
  /** Photographs of each size, the most frequent first. */
  readonly sizes: readonly SizeCount[];
  /** Statistics of the labels that could be read. */
  readonly labels: ClassStatistics;
}

export interface SizeCount {
  readonly width: number;
  readonly height: number;
  readonly photographs: number;
}

type Shape<T> = Record<keyof T, z.ZodType>;

const counts = z.array(z.number());
const texts = z.array(z.string());

/** The keys of an {@link InspectReport} that a page of it uses. */
export const reportShape = {
  format: z.literal(1),
  set: z.string(),
  classes: z.array(z.object({ name: z.string(), color: z.string() })),
  splits: z.array(
    z.object({
      name: z.string(),
      photographs: z.number(),
      labelled: z.number(),
      sizes: z.array(z.object({ width: z.number(), height: z.number(), photographs: z.number() })),
      labels: z.object({
        images: z.number(),
        classPixels: counts,
        voidPixels: z.number(),
        classImages: counts,
      } satisfies Shape<ClassStatistics>),
    } satisfies Shape<SplitReport>),
  ),
  neverOccurring: texts,
  faults: z.array(z.object({ kind: z.string(), file: z.string(), detail: z.string() })),
  notes: texts,
} satisfies Shape<InspectReport>;
