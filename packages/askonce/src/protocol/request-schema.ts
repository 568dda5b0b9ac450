/**
 * Checking request bodies. An error names the place of the first fault and never quotes the content.
 */
import type { z } from 'zod';
import { AskonceError } from '../errors.ts';
import { firstFault, plainWords } from '../faults.ts';
import type { JsonObject } from '../json.ts';

/**
 * The body as parsed by `schema`.
 * @throws AskonceError `invalid_request`, as `messages[2].role: must be a string`.
 */
export function checkRequest<Schema extends z.ZodType>(schema: Schema, body: JsonObject): z.output<Schema> {
  const result = schema.safeParse(body, { error: plainWords });
  if (result.success) return result.data;
  const { path, message } = firstFault(result.error);
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  throw new AskonceError(
    'invalid_request',
    `${place === '' ? 'body' : place.replace(/^\./, '')}: ${message}`,
  );
}

/** Whether an optional field has a value: null is the same as absent. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
