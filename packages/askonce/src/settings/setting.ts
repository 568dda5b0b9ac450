/**
 * One setting: its names, its shape, its default and its meaning.
 */
import { z } from 'zod';

/** One setting. `env` lists its environment variables; where several are set, the first wins. */
export interface Setting<T> {
  readonly env: readonly string[];
  readonly schema: z.ZodType<T>;
  readonly default: T;
  /** What it does, in which unit, and what it interacts with. */
  readonly about: string;
  /** True where the value must never be printed. */
  readonly secret?: boolean;
}

/** A row of the table. Where several environment variables are given, the first that is set wins. */
export function setting<T>(
  env: string | readonly string[],
  schema: z.ZodType<T>,
  fallback: NoInfer<T>,
  about: string,
): Setting<T> {
  return { env: typeof env === 'string' ? [env] : env, schema, default: fallback, about };
}

/** Absent, or what `schema` says: the setting has no default of its own. */
export const optional = <T>(schema: z.ZodType<T>): z.ZodType<T | undefined> => schema.optional();

/** On or off. */
export const flag = z.boolean();
export const seconds = z.number().positive().max(315_360_000);
