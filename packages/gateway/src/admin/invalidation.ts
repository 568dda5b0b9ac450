/** Admin calls that invalidate: by selector and by domain event. */
import { domainEventSchema, maxContextLength, selectorSchema } from 'askonce/gateway-kit';
import { z } from 'zod';
import { recorded } from './audit.ts';
import type { AdminContext } from './context.ts';
import {
  type AdminCall,
  type AdminRoute,
  adminRoute,
  anyQuery,
  entryCount,
  noBody,
  once,
  operating,
  parametersSchema,
} from './route.ts';
import { selectedBy, selectedByEvent } from './selected.ts';
import { refuseVersions } from './visible.ts';

const removal = z.strictObject({ removed: entryCount });
const removals = z.union([removal, z.strictObject({ wouldRemove: entryCount })]);

const dryRun = z.boolean().optional();
const selection = selectorSchema.extend({ dryRun });

interface Selection {
  readonly selector: Omit<z.output<typeof selection>, 'dryRun'>;
  readonly dryRun: boolean | undefined;
}

async function invalidate(
  { cache, audit, digestTag }: AdminContext,
  { selector, dryRun: isDry = false }: Selection,
  call: Pick<AdminCall<unknown, unknown>, 'caller' | 'requestId' | 'errorHeaders'>,
): Promise<z.output<typeof removals>> {
  // The number of entries would say whether the tag has the right value.
  refuseVersions(selector.tags ?? [], call);
  if (isDry) return { wouldRemove: await cache.invalidate(selector, { dryRun: true }) };
  const removed = await recorded(
    { audit, call, fields: { selected: selectedBy(selector, digestTag) } },
    { done: 'answers were invalidated', failed: 'invalidating answers failed' },
    () => cache.invalidate(selector),
    (count) => ({ removed: count }),
  );
  return { removed };
}

/** The selector in the body. */
const bySelector = adminRoute({
  ...operating,
  method: 'POST',
  path: '/cache/invalidate',
  summary: 'Invalidate the entries that a selector means.',
  invalid: 'invalid_selector',
  query: anyQuery,
  body: selection.transform(({ dryRun: isDry, ...selector }) => ({ selector, dryRun: isDry })),
  answer: removals,
  errors: ['invalidation_failed'],
  example: { body: { tags: ['tmpl=greeting'], language: 'en', dryRun: true } },
  run: (context, call) => invalidate(context, call.body, call),
});

const values = (longest: number) => z.array(z.string().min(1).max(longest)).min(1).max(1000).optional();
const names = values(maxContextLength);
const dryRunWords = z
  .array(z.string())
  .meta(once({ type: 'string', enum: ['true', 'false'] }))
  .optional();

/** The selector in the query: a repeated parameter means any of its values. */
const byQuery = adminRoute({
  ...operating,
  method: 'DELETE',
  path: '/cache/invalidate',
  summary: 'Invalidate by category, language or key.',
  invalid: 'invalid_selector',
  query: parametersSchema({ category: names, language: names, cacheKey: values(512), dryRun: dryRunWords })
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
  errors: ['invalidation_failed'],
  example: { query: { category: ['pricing', 'offers'], dryRun: 'true' } },
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
  ...operating,
  method: 'POST',
  path: '/cache/events',
  summary: 'Handle a domain event, which invalidates what the settings map it to.',
  invalid: 'invalid_event',
  query: anyQuery,
  body: domainEventSchema,
  answer: removal,
  errors: ['invalidation_failed'],
  example: { body: { type: 'template.changed', template: 'greeting' } },
  async run({ cache, audit, digestTag }, { body, ...call }) {
    const removed = await recorded(
      { audit, call, fields: selectedByEvent(body, digestTag) },
      {
        done: 'answers were invalidated by an event',
        failed: 'invalidating answers by an event failed',
      },
      () => cache.emit(body),
      (count) => ({ removed: count }),
    );
    return { removed };
  },
});

export const invalidationRoutes: readonly AdminRoute[] = [bySelector, byQuery, byEvent];
