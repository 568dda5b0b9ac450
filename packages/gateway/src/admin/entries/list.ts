/**
 * `GET /cache/entries`: the stored entries, a page at a time.
 */
import { AskonceError, type SelectorInput } from 'askonce';
import type { BrowsedEntry } from 'askonce/store';
import { z } from 'zod';
import type { AdminContext } from '../context.ts';
import { oneOf, textUpTo, wholeNumber } from '../parameters.ts';
import { type AdminCall, adminRoute, noBody, parametersSchema, viewing } from '../route.ts';
import { refuseUnless, refuseVersions, visibleTo } from '../visible.ts';
import { cursorsOf } from './cursor.ts';
import { modelOf, shown, shownFields, stateOf } from './shown.ts';

const usualLimit = 50;
const most = 1_000_000_000;
const name = textUpTo(256);

const parameters = parametersSchema({
  model: name,
  language: name,
  category: name,
  tenant: name,
  provider: name,
  protocol: name,
  tag: z.array(z.string().min(1).max(128)).max(32).optional(),
  user: name,
  session: name,
  pattern: name,
  state: oneOf(['fresh', 'stale']),
  createdFrom: textUpTo(64),
  createdTo: textUpTo(64),
  hitsFrom: wholeNumber(0, 999_999_999),
  hitsTo: wholeNumber(0, 999_999_999),
  limit: wholeNumber(1, 200),
  cursor: textUpTo(8192),
});

type Query = z.output<typeof parameters>;

export const listRoute = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/entries',
  summary: 'List stored entries, a page at a time.',
  invalid: 'invalid_request',
  query: parameters,
  body: noBody,
  answer: z.strictObject({
    entries: z.array(z.strictObject(shownFields)).readonly(),
    cursor: z
      .string()
      .meta({
        description:
          'Of the next page; absent after the last. A page may be short, or empty, and have a next one.',
      })
      .optional(),
  }),
  errors: ['invalid_selector', 'store_failed'],
  example: { query: { model: 'gpt-4o', state: 'fresh', limit: '20' } },
  async run(context, call) {
    const { query } = call;
    refuseHidden(call);
    const { limit = usualLimit, cursor, ...filters } = query;
    const cursors = cursorsOf(filters, context);
    const page = await context.cache.page({
      selector: selectorOf(query),
      wants: filterOf(query, context),
      limit,
      from: cursors.read(cursor),
    });
    return {
      entries: page.entries.map((entry) => shown(entry, context)),
      cursor: page.next === undefined ? undefined : cursors.write(page.next),
    };
  },
});

function namesPerson(tag: string): boolean {
  return /^(?:user|session)=/.test(tag);
}

/** A filter must not confirm what the caller's role may not see. @throws AskonceError `admin_forbidden` */
function refuseHidden(call: AdminCall<Query, unknown>): void {
  const { query, caller } = call;
  refuseUnless(
    caller.role === 'admin' ||
      (query.user === undefined && query.session === undefined && !(query.tag ?? []).some(namesPerson)),
    'The filters user and session, and the tags of these names, are for the role admin; leave them out.',
    call,
  );
  refuseUnless(
    visibleTo(caller.role).text || query.tag === undefined,
    'The filter tag is for the roles operator and admin; leave it out.',
    call,
  );
  refuseVersions(query.tag ?? [], call);
}

/** What the cache's own selectors can say. */
function selectorOf({ category, tag, user, session, pattern }: Query): SelectorInput | undefined {
  const selector: SelectorInput = {
    ...(category !== undefined && { category }),
    ...(user !== undefined && { user }),
    ...(session !== undefined && { session }),
    ...(pattern !== undefined && { pattern }),
    ...(tag !== undefined && { tags: [...tag] }),
  };
  return Object.keys(selector).length === 0 ? undefined : selector;
}

/** The other filters. @throws AskonceError `invalid_request` */
function filterOf(query: Query, context: AdminContext): (entry: BrowsedEntry) => boolean {
  const { model, language, tenant, provider, protocol, state, hitsFrom = 0, hitsTo = most } = query;
  const from = instantOf('createdFrom', query.createdFrom) ?? 0;
  const to = instantOf('createdTo', query.createdTo) ?? Number.POSITIVE_INFINITY;
  const isTenant = (one: string | undefined) =>
    tenant === undefined || (one !== undefined && (one === tenant || context.digestTenant(one) === tenant));
  return ({ meta, hits = 0 }) =>
    (model === undefined || modelOf(meta) === model || meta.model === model) &&
    (language === undefined || meta.language === language.toLowerCase()) &&
    (provider === undefined || meta.upstream === provider) &&
    (protocol === undefined || meta.protocol === protocol) &&
    (state === undefined || stateOf(meta, context) === state) &&
    meta.created >= from &&
    meta.created < to &&
    hits >= hitsFrom &&
    hits <= hitsTo &&
    isTenant(meta.tenant);
}

const instant = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

function instantOf(parameter: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (instant.safeParse(text).success) return Date.parse(text);
  throw new AskonceError(
    'invalid_request',
    `The call is wrong: ${parameter}: must be a day or an instant, such as 2026-11-29 or 2026-11-29T08:00:00Z.`,
  );
}
