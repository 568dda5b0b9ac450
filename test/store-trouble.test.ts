import { memoryStore, type Store } from 'askonce';
import { type Fault, fakeClock, faultyStore } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { answer, chat, completion, events, sse } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { setUpCache, setUpFaultyCache } from './support/set-up-cache.ts';
import { sharedMemory } from './support/shared-memory.ts';

function setUp() {
  const made = setUpFaultyCache();
  const { cache, calls, clock, provider } = made;
  /** Asks, and has the provider answer; time moves on past what a slow store may take. */
  const ask = async (question: string) => {
    const before = calls.length;
    const asked = cache.ask(chat({ question }), provider);
    await settled();
    clock.advance(50);
    await settled();
    const call = calls[before];
    if (call !== undefined) answer(call, completion({ text: question }));
    await settled();
    clock.advance(50);
    return asked;
  };
  return { ...made, ask };
}

describe('a store in trouble', () => {
  it.each(['throw', 'reject', 'hang', 'delay', 'other-key'] satisfies Fault[])(
    'a store that fails by `%s` costs a hit and no answer',
    async (fault) => {
      const { ask, store, events, calls, clock } = setUp();
      await ask('kept');
      store.fault = fault;
      const reply = await ask('kept');
      expect([await textOf(reply), reply.cacheStatus]).toMatchObject([
        completion({ text: 'kept' }),
        { kind: 'forward', reason: 'miss', detail: 'store-trouble' },
      ]);
      expect(await textOf(await ask('new'))).toBe(completion({ text: 'new' }));
      expect(calls.length).toBe(3);
      // A write that is merely slow is no trouble, and one that hangs is some once it has taken 5 s.
      clock.advance(5_000);
      await settled();
      if (fault === 'delay')
        expect(events.filter(({ type }) => type === 'stored' || type === 'refused').length).toBe(3);
      else if (fault !== 'other-key')
        expect(events).toContainEqual(expect.objectContaining({ type: 'store-trouble', operation: 'set' }));
      store.fault = 'sound';
      expect(await textOf(await ask('kept'))).toBe(completion({ text: 'kept' }));
    },
  );

  it('a store’s answer that is no entry counts as a miss', async () => {
    const broken: unknown[] = [{}, { entry: {} }, { entry: null, tier: 'x' }, 7, null];
    for (const found of broken) {
      const clock = fakeClock();
      const memory = memoryStore({ clock });
      const store: Store = { ...memory, get: () => JSON.parse(JSON.stringify(found)) };
      const { calls, replied } = setUpCache({ clock, store });
      for (const made of [1, 2]) {
        expect(await textOf(await replied(chat()))).toBe(completion());
        expect(calls.length).toBe(made);
      }
    }
  });

  it('a hanging store delays the end of a stream by no more than its budget', async () => {
    const { cache, provider, clock, store, call } = setUp();
    store.fault = 'hang';
    const asked = cache.ask(chat({ body: { stream: true } }), provider);
    await settled();
    call(0).begin(200, sse);
    const heard = listen(await asked);
    for (const event of events(['a'])) call(0).send(event);
    call(0).end();
    await settled();
    expect([heard.text, heard.ended]).toEqual([events(['a']).join(''), false]);
    clock.advance(50);
    await settled();
    expect(heard.ended).toBe(true);
  });

  it.each([
    ['hang', 'a body', {}],
    ['hang', 'a stream', { stream: true }],
    ['delay', 'a body', {}],
    ['delay', 'a stream', { stream: true }],
  ] as const)(
    'where all calls to a shared store %s, lookup, lease, second look and write of %s together wait for one budget',
    async (fault, _form, body) => {
      const clock = fakeClock();
      const { store } = sharedMemory(clock).process();
      // Each call alone is within the budget of 50 ms.
      const shared = faultyStore({ store, clock, delayMs: 30, affects: 'everything' });
      const { cache, provider, calls, call } = setUpCache({ clock, store: shared });
      shared.fault = fault;
      let waited = 0;
      const until = async (isDone: () => boolean) => {
        for (let ms = 0; ms < 1_000 && !isDone(); ms++) {
          clock.advance(1);
          waited += 1;
          await settled();
        }
      };
      const asked = cache.ask(chat({ body }), provider);
      await settled();
      await until(() => calls.length === 1);
      call(0).begin(200, 'stream' in body ? sse : { 'content-type': 'application/json' });
      for (const event of 'stream' in body ? events(['a']) : [completion()]) call(0).send(event);
      call(0).end();
      let isOver = false;
      const whole = asked.then(textOf).finally(() => {
        isOver = true;
      });
      await settled();
      await until(() => isOver);
      expect(await whole).toContain('"choices"');
      expect(waited).toBeLessThanOrEqual(51);
      expect(waited).toBeGreaterThan(0);
    },
  );

  it('an answer that lands during a slow lookup is not asked for again', async () => {
    const clock = fakeClock();
    const memory = memoryStore({ clock });
    const waiting: (() => void)[] = [];
    // Reads what is there at once, and returns it later.
    const store: Store = {
      ...memory,
      get: (key) => {
        const found = memory.get(key);
        return new Promise((resolve) => waiting.push(() => resolve(found)));
      },
    };
    const { cache, provider, calls, call } = setUpCache({ clock, store });
    const accepted = cache.ask(chat({ question: 'first' }), provider);
    await settled();
    answer(call(0));
    await accepted;
    for (const finish of ['stop', 'length']) {
      const question = `Is it ${finish}?`;
      const early = cache.ask(chat({ question }), provider);
      const late = cache.ask(chat({ question }), provider);
      await settled();
      waiting.shift()?.();
      await settled();
      answer(call(calls.length - 1), completion({ text: question, finish }));
      expect(await textOf(await early)).toContain(question);
      waiting.shift()?.();
      expect(await textOf(await late)).toContain(question);
    }
    expect(calls.length).toBe(3);
  });
});

describe('direct reads and writes', () => {
  it('direct reads find what was set, and nothing while the store is in trouble', async () => {
    const { cache, store } = setUp();
    const recording = {
      form: 'body',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(completion()),
    } as const;
    expect(await cache.set(chat(), recording)).toBe(true);
    expect(await cache.set(chat({ question: 'b' }), { ...recording, body: Buffer.from('{') })).toBe(false);
    expect(await cache.set(chat({ directives: { noStore: true } }), recording)).toBe(false);
    const both = await cache.getMany([chat(), chat({ question: 'b' }), chat()]);
    expect(both.map((entry) => entry?.meta.finish)).toEqual(['stop', undefined, 'stop']);
    store.fault = 'throw';
    expect(await cache.get(chat())).toBeUndefined();
    expect(await cache.set(chat(), recording)).toBe(false);
    store.fault = 'sound';
    expect([await cache.delete(chat()), await cache.delete(chat())]).toEqual([true, false]);
    expect(await cache.get(chat())).toBeUndefined();
  });
});
