/**
 * Tags: `name=value` pairs by which entries are taken back. Those that a request tells come by themselves.
 */
import { hash } from 'node:crypto';
import type { CallerContext } from './request.ts';

/** How many tags of its own a request may bring, besides those that come by themselves. */
export const maxOwnTags = 32;
export const maxTagBytes = 128;

/** A tag; a value too long for one is replaced by its digest, so that the tag still selects. */
function tag(name: string, value: string): string {
  const whole = `${name}=${value}`;
  return Buffer.byteLength(whole) <= maxTagBytes
    ? whole
    : `${name}=#${hash('sha256', value, 'hex').slice(0, 32)}`;
}

/** What tags tell of a request besides its context. */
export interface TaggedParts {
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
