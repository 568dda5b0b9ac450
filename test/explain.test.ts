import { createCache, memoryStore } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { answer, chat } from './support/chat.ts';
import { gatedProvider, settled } from './support/gated-provider.ts';

function setUp() {
  const clock = fakeClock();
  const cache = createCache({ clock, store: memoryStore({ clock }) });
  const gate = gatedProvider();
  const keep = async (request = chat()) => {
    const asked = cache.ask(request, gate.provider);
    await settled();
    for (const call of gate.calls) answer(call);
    await asked;
  };
  return { clock, cache, keep, ...gate };
}

describe('explaining a request', () => {
  it('asks nobody, and says that nothing is kept, and what it is known by', async () => {
    const { cache, calls, keep } = setUp();
    await keep(chat({ question: 'another' }));
    const explained = await cache.explain(chat());
    expect(explained).toMatchObject({ kind: 'miss', reason: 'absent', language: 'und', entry: undefined });
    expect(explained).toHaveProperty('fields.messages', expect.stringMatching(/^[0-9a-f]{16}$/));
    expect(calls.length).toBe(1);
  });

  it('says what would be served, and from where', async () => {
    const { cache, keep } = setUp();
    await keep();
    const explained = await cache.explain(chat());
    expect(explained).toMatchObject({ kind: 'hit', tier: 'memory', fresh: true, entry: { language: 'en' } });
  });

  it('shows by the fields where two requests differ', async () => {
    const { cache } = setUp();
    const about = async (seed: number) => {
      const explained = await cache.explain(chat({ body: { seed } }));
      return explained.kind === 'bypass' ? {} : explained.fields;
    };
    const [one, other] = [await about(1), await about(2)];
    expect(Object.keys(one)).toEqual(['messages', 'seed']);
    expect(other['messages']).toBe(one['messages']);
    expect(other['seed']).not.toBe(one['seed']);
  });

  it('says why what is kept would not be served', async () => {
    const { clock, cache, keep } = setUp();
    await keep();
    const noCache = await cache.explain(chat({ directives: { noCache: true } }));
    expect(noCache).toMatchObject({ kind: 'miss', reason: 'request', entry: { language: 'en' } });
    clock.advance(8 * 86_400_000);
    expect(await cache.explain(chat())).toMatchObject({ kind: 'miss', reason: 'credential' });
  });

  it('says what bypasses the cache', async () => {
    const { cache } = setUp();
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
