/**
 * The admin call that explains a request: what it is recognised by, the entry and the near questions that there are for
 * it, and what keeps each from being served. No provider is called.
 */
import { AskonceError, type CacheRequest, type Explanation } from 'askonce';
import { type CachedRoute, cachedRoutes } from 'askonce/gateway-kit';
import { z } from 'zod';
import type { ProxyContext } from '../proxy/context.ts';
import { toCacheRequest } from '../proxy/request.ts';
import type { Role } from './caller.ts';
import { type AdminRoute, adminRoute, anyQuery, operating } from './route.ts';
import { keptApart } from './semantic.ts';
import { visibleMeta } from './visible.ts';

/** What a request is made of, as a client would send it. */
export const explainedRequest = z.strictObject({
  /** Path and query: `/v1/chat/completions`. */
  path: z.string().min(1).max(8192).startsWith('/', 'must begin with /, such as /v1/chat/completions'),
  headers: z.record(z.string().toLowerCase(), z.union([z.string(), z.array(z.string())])).default({}),
  /** JSON, or the text of the body as it was sent. */
  body: z.json(),
});

export type ExplainedRequest = z.output<typeof explainedRequest>;

export type Routing = Pick<ProxyContext, 'directory' | 'trustsHeaders' | 'requestCacheControl'>;

/** What the cache would be asked. @throws AskonceError `invalid_request` for a path that is not cached. */
export function requestOf({ path, headers, body }: ExplainedRequest, routing: Routing): CacheRequest {
  const route = cachedRoutes.find((one) => routing.directory.serves(one.family) && isOn(one, path));
  if (route === undefined)
    throw new AskonceError(
      'invalid_request',
      'The call is wrong: path: is no cached route; send one such as /v1/chat/completions or /v1/messages.',
    );
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return toCacheRequest({ route, url: path, headers, body: bytes }, routing).asked;
}

/** A segment of a route that begins with a colon stands for any. */
function isOn({ path: pattern }: CachedRoute, url: string): boolean {
  const [path = ''] = url.split('?', 1);
  const given = path.split('/');
  const wanted = pattern.split('/');
  return (
    given.length === wanted.length &&
    wanted.every((segment, at) => (segment.startsWith(':') ? given[at] !== '' : segment === given[at]))
  );
}

const nearQuestion = z.strictObject({
  key: z.string(),
  similarity: z.number(),
  match: z.string(),
  question: z.string(),
  keptApartBy: keptApart.optional(),
});

const recognised = {
  key: z.string(),
  partition: z.string(),
  fingerprint: z.string(),
  frame: z.string(),
  language: z.string(),
  fields: z.record(z.string(), z.string()),
  entry: z.record(z.string(), z.unknown()).optional(),
  lastRefusal: z.strictObject({ reason: z.string(), at: z.number() }).optional(),
  semantic: z
    .strictObject({
      out: z.string().optional(),
      language: z.string().optional(),
      pool: z.string().optional(),
      shadow: z.strictObject({ why: z.enum(['mode', 'rollout']), detail: z.string() }).optional(),
      nearest: z.array(nearQuestion).readonly(),
    })
    .optional(),
};

const explanation = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bypass'), reason: z.string() }),
  z.strictObject({ kind: z.literal('hit'), tier: z.string(), fresh: z.boolean(), ...recognised }),
  z.strictObject({ kind: z.literal('miss'), reason: z.string(), ...recognised }),
]);

/** The explanation as JSON, as a role sees it. */
export function shownExplanation(explained: Explanation, role: Role): z.input<typeof explanation> {
  if (explained.kind === 'bypass') return explained;
  const { entry } = explained;
  return { ...explained, entry: entry && visibleMeta(entry, role) };
}

export const explainCall = adminRoute({
  ...operating,
  method: 'POST',
  path: '/cache/explain',
  summary: 'Explain how a request would be answered, without asking a provider.',
  invalid: 'invalid_request',
  query: anyQuery,
  body: explainedRequest,
  answer: explanation,
  errors: ['unknown_model'],
  example: {
    body: {
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer CLIENT_KEY' },
      body: { model: 'gpt-4o', messages: [{ role: 'user', content: 'What is a lease?' }] },
    },
  },
  run: async ({ cache, routing }, { body, caller }) =>
    shownExplanation(await cache.explain(requestOf(body, routing)), caller.role),
});

export const explainRoutes: readonly AdminRoute[] = [explainCall];
