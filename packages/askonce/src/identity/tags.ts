/**
 * Tags: `name=value` pairs that invalidations select entries by. Most come from the request by themselves.
 */
import { createHmac, hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { anonymousPattern, plainPath } from './path.ts';
import { type CallerContext, maxTagBytes } from './request.ts';

/** A tag; a value too long for one is replaced by its digest, so that the tag still selects. */
export function tag(name: string, given: string): string {
  // Categories have no case, wherever they are named: in a request, an event or a selector.
  const value = name === 'category' ? given.toLowerCase() : given;
  const whole = `${name}=${value}`;
  // No character takes more than three bytes for each of its code units.
  const isShort = whole.length * 3 <= maxTagBytes || Buffer.byteLength(whole) <= maxTagBytes;
  return isShort ? whole : `${name}=#${hash('sha256', value, 'hex').slice(0, 32)}`;
}

/**
 * The tag of the answers of one path of the application, or of one route, in whatever spelling; a method before it does not
 * count. A digest: a path may hold what no entry should show.
 */
export function pathTag(path: string): string {
  const plain = plainPath(anonymousPattern(path.replace(/^[A-Za-z]+ +(?=\/)/, '')));
  return `path=#${hash('sha256', plain, 'hex').slice(0, 32)}`;
}

/**
 * The tag of the answers that depend on an object at a provider (a stored response, a file): its origin and the object's
 * id, `resource=https://api.openai.com/resp_1`.
 */
export function resourceTag(upstream: string, id: string): string {
  const origin = URL.canParse(upstream) ? new URL(upstream).origin : upstream;
  return tag('resource', `${origin}/${id}`);
}

/** The parts of a request, besides its context, that become tags. */
export interface TaggedParts {
  /** Path below the upstream: `/chat/completions`. */
  readonly route: string;
  /** Undefined if it is no model. */
  readonly subject: string | undefined;
  readonly language: string;
  readonly user: string | undefined;
  readonly engineVersion: string | undefined;
  readonly promptHash: string | undefined;
  readonly date: string | undefined;
}

/** All tags of a request, each once: those that come by themselves, then its own. */
export function tagsOf(parts: TaggedParts, context: CallerContext): readonly string[] {
  const tags: string[] = [];
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) tags.push(tag(name, value));
  };
  add('endpoint', parts.route);
  add('model', parts.subject);
  add('lang', parts.language);
  add('tenant', context.tenant);
  add('user', parts.user);
  add('session', context.session);
  add('category', context.category);
  add('character', context.character);
  add('locale', context.locale);
  add('tmpl', context.template?.id);
  add('tmplv', context.template?.version);
  add('idxv', context.indexVersion);
  add('engine', parts.engineVersion);
  add('prompt', parts.promptHash);
  add('date', parts.date);
  return context.tags === undefined ? tags : [...new Set([...tags, ...ownTags(context.tags)])];
}

/** A request's own tags as entries have them: a category among them is in lower case, too. */
export function ownTags(tags: readonly string[]): readonly string[] {
  return tags.map((one) => (one.startsWith('category=') ? one.toLowerCase() : one));
}

/** Digests the value of a tag with a fixed name; undefined if there is none. */
export type ValueDigester = (value: string | undefined) => string | undefined;

/** Makes the digester of one tag's values. Consecutive requests often share the value, and it remembers the last one. */
export function valueDigester(name: string, digestTag: TagDigester): ValueDigester {
  let last = { value: '', digest: digestTag(tag(name, '')) };
  return (value) => {
    if (value === undefined) return undefined;
    if (value !== last.value) last = { value, digest: digestTag(tag(name, value)) };
    return last.digest;
  };
}

const digestMemoBytes = 4 * 1024 * 1024;

/** Digests a tag under the secret (HMAC-SHA-256, RFC 2104; 20 hex digits): the form in which stores index tags and the log names them. */
export type TagDigester = (tag: string) => string;

/** Makes the digester, which remembers the digests of the latest tags (4 MB at most). */
export function tagDigester(secret: string): TagDigester {
  const known = new LRUCache<string, string>({
    maxSize: digestMemoBytes,
    sizeCalculation: (_digest, text) => 2 * text.length + 256,
  });
  return (text) => {
    const seen = known.get(text);
    if (seen !== undefined) return seen;
    const digest = createHmac('sha256', secret).update('tag\n').update(text).digest('hex').slice(0, 20);
    known.set(text, digest);
    return digest;
  };
}
