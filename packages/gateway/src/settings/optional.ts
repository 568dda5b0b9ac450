/** A setting that has no default of its own. */
import type { z } from 'zod';

/** Absent, or what `schema` says. */
export const optional = <T>(schema: z.ZodType<T>): z.ZodType<T | undefined> => schema.optional();
