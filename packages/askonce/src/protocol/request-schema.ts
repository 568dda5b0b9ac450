/**
 * Checking request bodies: the first thing that is wrong, named by its place, never by its content.
 */
import type { z } from 'zod';
import { AskonceError } from '../errors.ts';
import type { JsonObject } from '../json.ts';

/**
 * The body as `schema` reads it.
 * @throws AskonceError `invalid_request`, as `messages[2].role: Invalid input: expected string, received null`.
 */
export function checkRequest<Schema extends z.ZodType>(schema: Schema, body: JsonObject): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new AskonceError(
    'invalid_request',
    `${placeOf(issue?.path ?? [])}: ${issue?.message ?? 'Invalid input'}`,
  );
}

function placeOf(path: readonly PropertyKey[]): string {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return place === '' ? 'body' : place.replace(/^\./, '');
}
