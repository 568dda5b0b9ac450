/**
 * A question about a value as a request of the `function` protocol.
 */
import type { Cache } from '../../contract.ts';
import { AskonceError } from '../../errors.ts';
import type { CacheRequest } from '../../identity/request.ts';
import { eventTags } from '../invalidate-on.ts';
import { checkQuestion } from './checks.ts';
import type { ValueQuestion } from './contract.ts';
import { isJson } from './json-value.ts';

/** Whether one value answers the question, or a stream of them: these are two answers. */
export type Wanted = 'value' | 'values';

/**
 * @throws AskonceError `invalid_request` if the input is not a JSON value (a Date, a Map, NaN …), or a lifetime is no number
 * of seconds; `invalid_settings` for a property that there is not, or of the wrong type.
 */
export function requestOf(
  cache: Pick<Cache, 'declareEvents'>,
  question: ValueQuestion,
  wanted: Wanted,
): CacheRequest {
  checkQuestion(question);
  const { name, input, text, context = {}, directives = {}, invalidateOn } = question;
  // As for any text that counts, one that UTF-8 cannot encode would be another one.
  if (!name.isWellFormed())
    throw new AskonceError('invalid_request', 'The name of a question has a lone surrogate; pass another.');
  if (!isJson(input))
    throw new AskonceError(
      'invalid_request',
      `The input of ${name} is not a JSON value; pass JSON values only.`,
    );
  if (!isLifetime(directives.ttl) || !isLifetime(directives.staleAfter))
    throw new AskonceError(
      'invalid_request',
      `ttl or staleAfter of ${name} is no number of seconds; pass 0 or more.`,
    );
  const events = eventTags(cache, invalidateOn);
  return {
    protocol: 'function',
    upstream: 'function:',
    route: `/${encodeURIComponent(name)}`,
    query: '',
    headers: {},
    body: JSON.stringify({
      name,
      ...parted(input, text),
      ...(wanted === 'values' && { stream: true }),
    }),
    context: events.length === 0 ? context : { ...context, tags: [...(context.tags ?? []), ...events] },
    directives,
    // A function may be named as a model is.
    renamesModels: true,
  };
}

/** The input without its text, and the text with its place. */
function parted(
  input: unknown,
  at: string | undefined,
): { readonly input: unknown; readonly text?: unknown } {
  if (at === undefined || typeof input !== 'object' || input === null || !Object.hasOwn(input, at))
    return { input };
  const text: unknown = Object.entries(input).find(([name]) => name === at)?.[1];
  if (typeof text !== 'string') return { input };
  // In its place null is left, which equals absent as a property; in a list, the others stay in their places.
  const rest = Array.isArray(input)
    ? input.map((item, index) => (String(index) === at ? null : item))
    : { ...input, [at]: null };
  return { input: rest, text: { at, text } };
}

function isLifetime(seconds: number | undefined): boolean {
  return seconds === undefined || seconds >= 0;
}
