/**
 * Parameters of a query that may be given once.
 */
import { z } from 'zod';
import { type JsonSchema, once } from './route.ts';

/** A parameter that may be given once; an empty one is the same as none. */
const given = (longest: number) =>
  z
    .array(z.string())
    .length(1, 'must be given once')
    .transform(([text]) => (text === '' ? undefined : text))
    .pipe(z.string().max(longest).optional());

/** In the API's document: the schema of the one value, which may be empty. */
const described = (schema: JsonSchema) => ({ ...once(schema), allowEmptyValue: true });

/** A text. */
export function textUpTo(longest: number) {
  return given(longest)
    .meta(described({ type: 'string', maxLength: longest }))
    .optional();
}

/** A choice of words. */
export function oneOf<Words extends readonly [string, ...string[]]>(words: Words) {
  return given(100)
    .pipe(z.enum(words).optional())
    .meta(described({ type: 'string', enum: words }))
    .optional();
}

export function wholeNumber(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  const digits = z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number);
  return given(500)
    .pipe(digits.pipe(z.number().min(least, message).max(most, message)).optional())
    .meta(described({ type: 'integer', minimum: least, maximum: most }))
    .optional();
}
