/**
 * A request: what the caller would send to the provider, and the caller's context.
 */
import { AskonceError } from '../errors.ts';
import type { AnswerDefaults } from '../protocol/answer-rules.ts';
import type { ProtocolName } from '../protocol/contract.ts';

/** The caller, and the application's knowledge about the question. Every part that is given narrows the partition. */
export interface CallerContext {
  readonly tenant?: string | undefined;
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  /** BCP 47 tag of the question's language. */
  readonly language?: string | undefined;
  readonly template?: { readonly id: string; readonly version?: string | undefined } | undefined;
  /** Version of the knowledge index that the prompt was built from. */
  readonly indexVersion?: string | undefined;
  readonly character?: string | undefined;
  readonly locale?: string | undefined;
  /** In any case: `Pricing` is `pricing`. */
  readonly category?: string | undefined;
  /** The caller's own tags, `name=value` each. */
  readonly tags?: readonly string[] | undefined;
  /** The request is neither read from nor written to any tier, and stays out of all flights. */
  readonly sensitive?: boolean | undefined;
  /** From 0 to 1. */
  readonly confidence?: number | undefined;
}

/** The caller's control over the cache for this request (RFC 9111, section 5.2.1). Durations in seconds. */
export interface Directives {
  readonly noStore?: boolean | undefined;
  readonly noCache?: boolean | undefined;
  readonly onlyIfCached?: boolean | undefined;
  readonly maxAge?: number | undefined;
  /** Seconds past staleness that are acceptable; Infinity if `max-stale` has no number. */
  readonly maxStale?: number | undefined;
  readonly minFresh?: number | undefined;
  /** Seconds past staleness for which a stored answer is served if the provider fails (RFC 5861); at most the setting's. */
  readonly staleIfError?: number | undefined;
  /** Lifetime of the entry that this request stores; at most `maxTtlSeconds`. */
  readonly ttl?: number | undefined;
  readonly staleAfter?: number | undefined;
  /** Lifetimes of an answer that does not state its own, for protocols whose answers may (`Protocol.answers`). */
  readonly defaults?: AnswerDefaults | undefined;
  /** Adds an event id to each event of a stream. */
  readonly eventIds?: boolean | undefined;
  /** The last event id that the client received: the stream continues after it. */
  readonly lastEventId?: string | undefined;
  readonly semantic?: SemanticDirectives | undefined;
  /**
   * Warms the cache for others. `look`: answers only from a fresh entry of this very question, else with `not_cached`;
   * `ask`: asks the provider if there is none. Neither counts as a request, and a request that bypasses the cache is
   * refused (`not_warmable`).
   */
  readonly warm?: 'look' | 'ask' | undefined;
}

/** What a request says to the semantic tier. */
export interface SemanticDirectives {
  /** The request is neither answered from the tier nor offered to it. */
  readonly off?: boolean | undefined;
  /** Share of wrong answers among semantic hits that the request accepts; counts only if it is lower than the setting's. */
  readonly maxErrorRate?: number | undefined;
  /** Adds the question that the stored answer was first given to, if it is stored: `Reply.question`. */
  readonly question?: boolean | undefined;
}

/** Header fields as node:http has them: names in lower case, a list if a field came several times. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface CacheRequest {
  readonly protocol: ProtocolName;
  /** Origin and base path of the provider, without a trailing slash: `https://api.openai.com/v1`. */
  readonly upstream: string;
  /** Path below the upstream: `/chat/completions`. */
  readonly route: string;
  /** Raw query string without its `?`; '' if there is none. */
  readonly query: string;
  readonly headers: HeaderFields;
  /** JSON in UTF-8. */
  readonly body: Uint8Array | string;
  readonly context: CallerContext;
  readonly directives: Directives;
  /** Whether the upstream has the protocol's documented defaults: then a field at its default equals one that is left out. */
  readonly knownDefaults?: boolean | undefined;
  /**
   * Whether the provider is asked for some models under other names: then the model that an answer names is not compared
   * with the one that the request names.
   */
  readonly renamesModels?: boolean | undefined;
  /**
   * Names the account of a call whose credential is hidden from the cache, such as the one within a model object: a random
   * text. Failures are shared within one account only. So are answers about what the provider fetches, or has
   * stored, unless the context names the tenant or the user.
   */
  readonly account?: string | undefined;
}

/** Maximum number of a request's own tags, besides those that askonce adds. */
export const maxOwnTags = 32;
export const maxTagBytes = 128;

/** Maximum length of one part of the context, in characters: the parts go into keys, tags and entries. */
export const maxContextLength = 256;

const languageTag = /^[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8}){0,6}$/;

/**
 * Checks the context against its limits.
 * @throws AskonceError `invalid_request`, naming the part, never its value.
 */
export function checkContext(context: CallerContext): void {
  // By name, and not in a loop: every request comes here, and a computed name takes ten times as long to look up.
  checkLength('tenant', context.tenant);
  checkLength('user', context.user);
  checkLength('session', context.session);
  checkLength('indexVersion', context.indexVersion);
  checkLength('character', context.character);
  checkLength('locale', context.locale);
  checkLength('category', context.category);
  const { template, tags } = context;
  if (template !== undefined) {
    checkLength('template.id', template.id);
    checkLength('template.version', template.version);
  }
  if (tags !== undefined) checkTags(tags);
}

/**
 * The language of a question as keys hold it: in lower case (BCP 47 tags have no case), `und` if none is given.
 * @throws AskonceError `invalid_request` for a text that is not shaped like a tag.
 */
export function languageOf({ language }: CallerContext): string {
  if (language === undefined) return 'und';
  if (languageTag.test(language)) return language.toLowerCase();
  throw new AskonceError('invalid_request', 'language: expected a BCP 47 tag, such as en or pt-BR');
}

/** The category of a request: in lower case, since categories have no case. */
export function categoryOf({ category }: Pick<CallerContext, 'category'>): string | undefined {
  return category?.toLowerCase();
}

function checkLength(name: string, value: string | undefined): void {
  if (value !== undefined && value.length > maxContextLength)
    throw new AskonceError('invalid_request', `${name}: expected at most ${maxContextLength} characters`);
}

// A tag that is dropped silently would leave an entry that the tag cannot invalidate.
function checkTags(tags: readonly string[]): void {
  if (tags.length > maxOwnTags)
    throw new AskonceError('invalid_request', `tags: expected at most ${maxOwnTags}`);
  const wrong = tags.findIndex((tag) => tag === '' || Buffer.byteLength(tag) > maxTagBytes);
  if (wrong >= 0)
    throw new AskonceError('invalid_request', `tags[${wrong}]: expected 1 to ${maxTagBytes} bytes`);
}
