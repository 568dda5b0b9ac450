/**
 * Checking request bodies. An error names the place of the first fault and never quotes the content.
 */
import type { z } from 'zod';
import { AskonceError } from '../errors.ts';
import type { JsonObject } from '../json.ts';

/**
 * The body as parsed by `schema`.
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

/** For a value that fits none of several shapes, reports the fault of the closest shape. */
function firstFault([issue]: readonly z.core.$ZodIssue[], above: string): Fault {
  if (issue === undefined) return { place: above, message: 'Invalid input' };
  const steps = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  const here: Fault = { place: above + steps.join(''), message: issue.message };
  if (issue.code !== 'invalid_union') return here;
  const closest = issue.errors.find(([first]) => first !== undefined && first.path.length > 0);
  return closest === undefined ? here : firstFault(closest, here.place);
}

/** Whether an optional field has a value: null is the same as absent. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
