/**
 * Tags: `name=value` pairs by which entries are taken back. Those that a request tells come by themselves.
 */
import { createHmac, hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type CallerContext, maxTagBytes } from './request.ts';

/** A tag; a value too long for one is replaced by its digest, so that the tag still selects. */
export function tag(name: string, value: string): string {
  const whole = `${name}=${value}`;
  return Buffer.byteLength(whole) <= maxTagBytes
    ? whole
    : `${name}=#${hash('sha256', value, 'hex').slice(0, 32)}`;
}

/** What tags tell of a request besides its context. */
export interface TaggedParts {
  /** Path below the upstream: `/chat/completions`. */
  readonly route: string;
  readonly subject: string;
  readonly language: string;
  readonly user: string | undefined;
  readonly engineVersion: string | undefined;
  readonly promptHash: string | undefined;
  readonly date: string | undefined;
}

/** All tags of a request, each once: those that come by themselves, then its own. */
export function tagsOf(parts: TaggedParts, context: CallerContext): readonly string[] {
  const told: readonly (readonly [string, string | undefined])[] = [
    ['endpoint', parts.route],
    ['model', parts.subject],
    ['lang', parts.language],
    ['tenant', context.tenant],
    ['user', parts.user],
    ['session', context.session],
    ['category', context.category],
    ['character', context.character],
    ['locale', context.locale],
    ['tmpl', context.template?.id],
    ['tmplv', context.template?.version],
    ['idxv', context.indexVersion],
    ['engine', parts.engineVersion],
    ['prompt', parts.promptHash],
    ['date', parts.date],
  ];
  const tags = told.flatMap(([name, value]) => (value === undefined ? [] : [tag(name, value)]));
  return [...new Set([...tags, ...(context.tags ?? [])])];
}

const digestMemoBytes = 4 * 1024 * 1024;

/** Digests a tag under the secret (HMAC-SHA-256, RFC 2104; 20 hex digits): what stores index, and the log names. */
export type TagDigester = (tag: string) => string;

/** Makes the digester; it remembers what it was asked last (4 MB at most). */
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
