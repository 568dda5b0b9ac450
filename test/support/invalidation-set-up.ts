/**
 * A cache with five answers that every selector tells apart.
 */
import type { CacheRequest, CallerContext } from 'askonce';
import { expect } from 'vitest';
import { type ChatWish, chat, completion } from './chat.ts';
import { textOf } from './gated-provider.ts';
import { type CacheSetUpOptions, setUpCache } from './set-up-cache.ts';

let answers = 0;

export function setUpInvalidation({ settings, ...options }: CacheSetUpOptions = {}) {
  const secret = 'the same for all caches of a test';
  const made = setUpCache({ ...options, settings: { secret, ...settings } });
  /** Asks, lets the provider answer if it is called, and returns the text. */
  async function ask(request: CacheRequest): Promise<{ readonly text: string; readonly isHit: boolean }> {
    const reply = await made.replied(request, completion({ text: `answer ${++answers}` }));
    return { text: await textOf(reply), isHit: reply.cacheStatus.kind === 'hit' };
  }
  return { ...made, gate: made, ask };
}

export type InvalidationSetUp = ReturnType<typeof setUpInvalidation>;

export const about = (question: string, context: CallerContext = {}, body: ChatWish['body'] = {}) =>
  chat({ question, context, body });

export const requests = {
  greeting: about('greet', { category: 'greeting', language: 'es', tags: ['team=support', 'team=sales'] }),
  pricing: about('price?', { category: 'pricing', language: 'pt-BR', tenant: 'acme' }),
  ada: about('mine?', { user: 'ada', session: 's1', template: { id: 'hello', version: '3' } }),
  other: about('other?', { character: 'pirate', locale: 'en-GB', indexVersion: '7', language: 'pt' }),
  model: about('model?', {}, { model: 'gpt-y' }),
} as const;

export type Name = keyof typeof requests;
export const names: readonly Name[] = ['greeting', 'pricing', 'ada', 'other', 'model'];

export async function storeAll({ ask }: InvalidationSetUp): Promise<void> {
  for (const name of names) expect((await ask(requests[name])).isHit).toBe(false);
}

/** The answers that are no longer served. */
export async function gone({ cache, gate }: InvalidationSetUp): Promise<readonly Name[]> {
  const left: Name[] = [];
  for (const name of names) {
    const only = { ...requests[name], directives: { onlyIfCached: true } };
    const isThere = await cache.ask(only, gate.provider).then(
      () => true,
      () => false,
    );
    if (!isThere) left.push(name);
  }
  return left;
}
