import { describe, expect, it } from 'vitest';
import { chat } from './support/chat.ts';
import { setUpCache } from './support/set-up-cache.ts';

describe('explaining a request', () => {
  it('explain calls no provider, and reports that nothing is stored and which fields identify the request', async () => {
    const { cache, calls, stored } = setUpCache();
    await stored({ question: 'another' });
    const explained = await cache.explain(chat());
    expect(explained).toMatchObject({ kind: 'miss', reason: 'absent', language: 'und', entry: undefined });
    expect(explained).toHaveProperty('fields.messages', expect.stringMatching(/^[0-9a-f]{16}$/));
    expect(calls.length).toBe(1);
  });

  it('explain reports what would be served, and from which tier', async () => {
    const { cache, stored } = setUpCache();
    await stored();
    const explained = await cache.explain(chat());
    expect(explained).toMatchObject({ kind: 'hit', tier: 'memory', fresh: true, entry: { language: 'en' } });
  });

  it('explain shows by its digests in which fields two requests differ', async () => {
    const { cache } = setUpCache();
    const about = async (seed: number) => {
      const explained = await cache.explain(chat({ body: { seed } }));
      return explained.kind === 'bypass' ? {} : explained.fields;
    };
    const [one, other] = [await about(1), await about(2)];
    expect(Object.keys(one)).toEqual(['messages', 'seed']);
    expect(other['messages']).toBe(one['messages']);
    expect(other['seed']).not.toBe(one['seed']);
  });

  it('explain reports why a stored answer would not be served', async () => {
    const { clock, cache, stored } = setUpCache();
    await stored();
    const noCache = await cache.explain(chat({ directives: { noCache: true } }));
    expect(noCache).toMatchObject({ kind: 'miss', reason: 'request', entry: { language: 'en' } });
    clock.advance(8 * 86_400_000);
    expect(await cache.explain(chat())).toMatchObject({ kind: 'miss', reason: 'credential' });
  });

  it('explain reports why a request bypasses the cache', async () => {
    const { cache } = setUpCache();
    expect(await cache.explain(chat({ directives: { noStore: true } }))).toEqual({
      kind: 'bypass',
      reason: 'no-store',
    });
    expect(await cache.explain(chat({ context: { sensitive: true } }))).toEqual({
      kind: 'bypass',
      reason: 'sensitive',
    });
  });
});
