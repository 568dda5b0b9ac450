/**
 * One setting: its names, its schema, its default and its description.
 */
import { z } from 'zod';

/** A setting whose value is a `T`, given as an `Input`. */
export interface Setting<T, Input = unknown> {
  /** Environment variables; the first that is set wins. */
  readonly env: readonly string[];
  readonly schema: z.ZodType<T, Input>;
  readonly default: T;
  /** What it does, what it interacts with, and its unit. */
  readonly about: string;
  /** True if the value must never be printed. */
  readonly secret?: boolean;
}

/** A row of the table. If several environment variables are given, the first that is set wins. */
export function setting<T, Input>(
  env: string | readonly string[],
  schema: z.ZodType<T, Input>,
  fallback: NoInfer<T>,
  about: string,
): Setting<T, Input> {
  return { env: typeof env === 'string' ? [env] : env, schema, default: fallback, about };
}

/** A row whose value must never be printed. */
export function secretSetting<T, Input>(
  ...row: Parameters<typeof setting<T, Input>>
): Setting<T, Input> & { readonly secret: true } {
  return { ...setting(...row), secret: true };
}

/** A schema for a setting without a default of its own: absent, or what `schema` accepts. */
export function optional<T, Input>(schema: z.ZodType<T, Input>): z.ZodType<T | undefined, Input | undefined> {
  return schema.optional();
}

/** On or off. */
export const flag = z.boolean();
export const seconds = z.number().positive().max(315_360_000);

/** A percentage with its sign, such as `12.5%`; read as a number from 0 to 100. */
export function percentage(message: string) {
  return z
    .string()
    .regex(/^\d{1,3}(\.\d{1,9})?%$/, message)
    .transform((text) => Number(text.slice(0, -1)))
    .refine((share) => share <= 100, message);
}
