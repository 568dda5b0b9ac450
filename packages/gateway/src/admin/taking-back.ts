/**
 * Admin calls that take answers back: by selector, by domain event, and all of one user's.
 */
import { AskonceError, domainEventSchema, maxContextLength, selectorSchema } from 'askonce';
import { z } from 'zod';
import { type AdminHandler, parameters } from './call.ts';

/** `POST /cache/invalidate` with a selector, and perhaps `dryRun`. */
export const invalidate: AdminHandler = async (context, { body, caller, requestId }) => {
  const given = asked.safeParse(body);
  if (!given.success) throw invalidSelector(given.error);
  const { dryRun = false, ...rest } = given.data;
  const selector = selectorSchema.safeParse(rest);
  if (!selector.success) throw invalidSelector(selector.error);
  const count = await context.cache.invalidate(selector.data, { dryRun });
  if (dryRun) return { wouldRemove: count };
  context.log.audit('answers were taken back', {
    removed: count,
    by: caller.role,
    address: caller.address,
    requestId,
  });
  return { removed: count };
};

const asked = z.looseObject({ dryRun: z.boolean().optional() });

/** `DELETE /cache/invalidate?category=&language=&cacheKey=`: a parameter that comes several times means any. */
export const invalidateByQuery: AdminHandler = (context, call) => {
  const { cacheKey, dryRun, ...rest } = parameters(
    call.query,
    ['category', 'language', 'cacheKey', 'dryRun'],
    'invalid_selector',
  );
  const body = {
    ...rest,
    ...(cacheKey === undefined ? {} : { keys: cacheKey }),
    ...(dryRun === undefined ? {} : { dryRun: isDry(dryRun) }),
  };
  return invalidate(context, { ...call, body });
};

/** Who means to look must not remove by another word for it. */
function isDry(words: readonly string[]): boolean {
  const [word] = new Set(words);
  if (new Set(words).size === 1 && (word === 'true' || word === 'false')) return word === 'true';
  throw new AskonceError('invalid_selector', 'dryRun in the query must be true or false.');
}

/** `POST /cache/events` with `{ "type": "template.changed", … }`. */
export const tellEvent: AdminHandler = async (context, { body, caller, requestId }) => {
  const event = domainEventSchema.safeParse(body);
  if (!event.success)
    throw new AskonceError('invalid_event', `The event is wrong: ${firstIssue(event.error)}.`);
  const removed = await context.cache.emit(event.data);
  context.log.audit('an event took answers back', {
    removed,
    type: event.data.type,
    by: caller.role,
    address: caller.address,
    requestId,
  });
  return { removed };
};

const why = z.strictObject({ reason: z.string().trim().min(1).max(500).optional() });
const userName = z.string().min(1).max(maxContextLength);

/** `DELETE /cache/users/:id`, with the reason in the query or the body. An id that no path can hold is given as `?id=`. */
export const eraseUser: AdminHandler = async (context, { rest, query, body, caller, requestId }) => {
  const { reason: reasons = [], id: ids = [] } = parameters(query, ['reason', 'id'], 'invalid_request');
  const named = userName.safeParse([...(rest === undefined ? [] : [rest]), ...ids][0]);
  if (!named.success || ids.length + (rest === undefined ? 0 : 1) !== 1)
    throw new AskonceError(
      'invalid_request',
      `Exactly one user of at most ${maxContextLength} characters must be named: /cache/users/ID, or ?id=ID.`,
    );
  const told = why.safeParse(body ?? (reasons.length === 0 ? {} : { reason: reasons.join('; ') }));
  if (!told.success)
    throw new AskonceError('invalid_request', `The reason is wrong: ${firstIssue(told.error)}.`);
  const reason = told.data.reason ?? 'not given';
  const line = {
    user: context.digestUser(named.data),
    reason,
    by: caller.role,
    address: caller.address,
    requestId,
  };
  try {
    const removed = await context.cache.erase(named.data);
    context.log.audit("a user's answers were erased", { ...line, removed });
    return { removed, reason };
  } catch (error) {
    context.log.audit("erasing a user's answers failed", line);
    throw error;
  }
};

function invalidSelector(error: z.ZodError): AskonceError {
  return new AskonceError('invalid_selector', `The selector is wrong: ${firstIssue(error)}.`);
}

/** Where and what, never the value. */
function firstIssue({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return 'malformed';
  const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  return `${where}${issue.code === 'unrecognized_keys' ? 'it has an unknown field' : issue.message}`;
}
