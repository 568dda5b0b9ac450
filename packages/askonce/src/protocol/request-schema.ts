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
  const { place, message } = firstFault(result.error.issues, '');
  throw new AskonceError(
    'invalid_request',
    `${place === '' ? 'body' : place.replace(/^\./, '')}: ${message}`,
  );
}

interface Fault {
  readonly place: string;
  readonly message: string;
}

/** Where a value fits none of several shapes, the shape that it came closest to tells what is wrong. */
function firstFault([issue]: readonly z.core.$ZodIssue[], above: string): Fault {
  if (issue === undefined) return { place: above, message: 'Invalid input' };
  const steps = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  const here: Fault = { place: above + steps.join(''), message: issue.message };
  if (issue.code !== 'invalid_union') return here;
  const closest = issue.errors.find(([first]) => first !== undefined && first.path.length > 0);
  return closest === undefined ? here : firstFault(closest, here.place);
}
