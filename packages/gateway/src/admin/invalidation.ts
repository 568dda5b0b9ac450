/**
 * Admin calls that invalidate: by selector, by domain event, and all answers of one user.
 */
import type { SelectorInput } from 'askonce';
import { domainEventSchema, maxContextLength, selectorSchema } from 'askonce/gateway-kit';
import { z } from 'zod';
import type { AdminContext } from './context.ts';
import {
  type AdminCall,
  type AdminRoute,
  access,
  adminRoute,
  anyQuery,
  noBody,
  parametersSchema,
  parse,
} from './route.ts';

const count = z.number().int().nonnegative();
const removal = z.strictObject({ removed: count });
const removals = z.union([removal, z.strictObject({ wouldRemove: count })]);

const dryRun = z.boolean().optional();
const selection = selectorSchema.extend({ dryRun });

interface Selection {
  readonly selector: SelectorInput;
  readonly dryRun: boolean | undefined;
}

async function invalidate(
  { cache, log }: AdminContext,
  { selector, dryRun: isDry = false }: Selection,
  { caller, requestId }: Pick<AdminCall<unknown, unknown>, 'caller' | 'requestId'>,
): Promise<z.output<typeof removals>> {
  const removed = await cache.invalidate(selector, { dryRun: isDry });
  if (isDry) return { wouldRemove: removed };
  log.audit('answers were invalidated', {
    removed,
    by: caller.role,
    address: caller.address,
    requestId,
  });
  return { removed };
}

/** The selector in the body. */
const bySelector = adminRoute({
  ...access,
  method: 'POST',
  path: '/cache/invalidate',
  invalid: 'invalid_selector',
  query: anyQuery,
  body: selection.transform(({ dryRun: isDry, ...selector }) => ({ selector, dryRun: isDry })),
  answer: removals,
  run: (context, call) => invalidate(context, call.body, call),
});

const values = z.array(z.string()).optional();

/** The selector in the query: a repeated parameter means any of its values. */
const byQuery = adminRoute({
  ...access,
  method: 'DELETE',
  path: '/cache/invalidate',
  invalid: 'invalid_selector',
  query: parametersSchema({ category: values, language: values, cacheKey: values, dryRun: values })
    .transform(
      ({ category, language, cacheKey, dryRun: words }, context): z.input<typeof selection> => ({
        category,
        language,
        keys: cacheKey,
        dryRun: words === undefined ? undefined : isDryRun(words, context),
      }),
    )
    .pipe(selection)
    .transform(({ dryRun: isDry, ...selector }) => ({ selector, dryRun: isDry })),
  body: noBody,
  answer: removals,
  run: (context, call) => invalidate(context, call.query, call),
});

/** Only an unmistakable word: a dry run must not remove because of its spelling. */
function isDryRun(words: readonly string[], context: z.RefinementCtx): boolean {
  const [word, ...others] = new Set(words);
  if (others.length === 0 && (word === 'true' || word === 'false')) return word === 'true';
  context.addIssue({ code: 'custom', path: ['dryRun'], message: 'must be true or false' });
  return z.NEVER;
}

/** A domain event in the body: `{ "type": "template.changed", … }`. */
const byEvent = adminRoute({
  ...access,
  method: 'POST',
  path: '/cache/events',
  invalid: 'invalid_event',
  query: anyQuery,
  body: domainEventSchema,
  answer: removal,
  async run({ cache, log }, { body, caller, requestId }) {
    const removed = await cache.emit(body);
    log.audit('answers were invalidated by an event', {
      removed,
      type: body.type,
      by: caller.role,
      address: caller.address,
      requestId,
    });
    return { removed };
  },
});

const reasonText = z.string().trim().min(1).max(500);
const reasonInQuery = z.object({
  reason: z
    .array(z.string())
    .transform((reasons) => reasons.join('; '))
    .pipe(reasonText)
    .optional(),
});

/** All answers of one user, named in the path, or as `?id=` for an id that no path can hold. */
const erasing = (path: string) =>
  adminRoute({
    ...access,
    method: 'DELETE',
    path,
    invalid: 'invalid_request',
    query: parametersSchema({
      id: z
        .array(z.string().min(1).max(maxContextLength))
        .length(1, 'name exactly one user, as /cache/users/ID or ?id=ID'),
      // Read only without a body: a body's reason takes its place, whatever it is.
      reason: z.array(z.string()).optional(),
    }),
    body: z.strictObject({ reason: reasonText.optional() }).nullish(),
    answer: z.strictObject({ removed: count, reason: z.string() }),
    async run({ cache, log, digestUser }, { query, body, caller, requestId }) {
      const [user = ''] = query.id;
      const reason = (body ?? parse(reasonInQuery, query, 'invalid_request')).reason ?? 'not given';
      const line = {
        user: digestUser(user),
        reason,
        by: caller.role,
        address: caller.address,
        requestId,
      };
      try {
        const removed = await cache.erase(user);
        log.audit("a user's answers were erased", { ...line, removed });
        return { removed, reason };
      } catch (error) {
        log.audit("erasing a user's answers failed", line);
        throw error;
      }
    },
  });

export const invalidationRoutes: readonly AdminRoute[] = [
  bySelector,
  byQuery,
  byEvent,
  erasing('/cache/users'),
  erasing('/cache/users/{id}'),
];
