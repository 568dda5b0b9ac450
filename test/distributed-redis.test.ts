import { type Cache, memoryStore, type ObservedEvent, type Reply, tieredStore } from 'askonce';
import { redisStore } from 'askonce/redis';
import { expect, it, onTestFinished } from 'vitest';
import { answer, chat, completion, events, sse } from './support/chat.ts';
import { gatedProvider, listen, textOf } from './support/gated-provider.ts';
import { eventually } from './support/manual-provider.ts';
import { startRedis } from './support/redis-server.ts';
import { observedCache } from './support/set-up-cache.ts';

/** Four caches over one Redis, each with a memory tier of its own. */
async function four() {
  const redis = await startRedis();
  const all: ReturnType<typeof observedCache>[] = [];
  for (let index = 0; index < 4; index++) {
    const lower = await redisStore({ url: redis.url });
    const store = tieredStore({ upper: memoryStore(), lower, budgetMs: 5000 });
    const settings = { secret: 'one secret for all', storeBudgetMs: 5000, staleWhileRevalidate: true };
    const observed = observedCache({ settings, store });
    onTestFinished(() => observed.cache.close(0));
    all.push(observed);
  }
  for (const { cache } of all) {
    let isCurrent = false;
    await eventually(() => {
      void cache.statistics().then(({ logIsCurrent }) => {
        isCurrent = logIsCurrent;
      });
      return isCurrent;
    }, 'the log to be read');
  }
  const at = (index: number): Cache => {
    const observed = all[index % 4];
    if (observed === undefined) throw new Error('there is no cache');
    return observed.cache;
  };
  const count = (type: ObservedEvent['type'], outcome?: string) =>
    all.reduce((sum, observed) => sum + observed.count(type, outcome), 0);
  return { at, count, ...gatedProvider() };
}

it('four hundred streams on four caches over one Redis are one call, byte for byte', async () => {
  const { at, count, provider, calls, call } = await four();
  const request = chat({ body: { stream: true } });
  const asked = Array.from({ length: 400 }, (_, index) => at(index).ask(request, provider));
  await eventually(() => count('followed') === 3, 'three to follow');
  const pieces = events(Array.from({ length: 50 }, (_, index) => `word${index} `));
  call(0).begin(200, sse);
  call(0).send(pieces[0] ?? '');
  const listeners = (await Promise.all(asked)).map(listen);
  let sent = pieces[0] ?? '';
  for (const piece of pieces.slice(1)) {
    call(0).send(piece);
    sent += piece;
    await eventually(() => listeners.every(({ text }) => text === sent), 'the next token');
  }
  call(0).end();
  await eventually(() => listeners.every(({ ended }) => ended), 'the end');
  expect(calls.length).toBe(1);
  expect(count('stored')).toBe(1);
  expect(new Set(listeners.map(({ text }) => text))).toEqual(new Set([sent]));
});

it('four hundred readers of a stale answer start one refresh, whose answer all four caches serve soon after', async () => {
  const { at, count, provider, calls, call } = await four();
  const first = at(0).ask(chat({ directives: { staleAfter: 0.2 } }), provider);
  await eventually(() => calls.length === 1);
  answer(call(0), completion({ text: 'old' }));
  await first;
  // Each has it in its own memory.
  for (let index = 0; index < 4; index++) await at(index).ask(chat(), provider);
  const isStale: boolean[] = [];
  await eventually(() => {
    void at(0)
      .explain(chat())
      .then((explained) => isStale.push(explained.kind === 'hit' && !explained.fresh));
    return isStale.at(-1) === true;
  }, 'it to be stale');
  // A request made while the answer became stale may have begun the refresh; the provider has not answered.
  const replies = await Promise.all(
    Array.from({ length: 400 }, (_, index) => at(index).ask(chat(), provider)),
  );
  expect(new Set(await Promise.all(replies.map(textOf)))).toEqual(new Set([completion({ text: 'old' })]));
  await eventually(() => calls.length === 2, 'the refresh');
  answer(call(1), completion({ text: 'new' }));
  await eventually(() => count('refresh', 'succeeded') === 1, 'the refresh to succeed');
  for (let index = 0; index < 4; index++) {
    let latest = '';
    await eventually(() => {
      void at(index)
        .ask(chat(), provider)
        .then((reply: Reply) => textOf(reply))
        .then((text) => {
          latest = text;
        });
      return latest.includes('new');
    }, `cache ${index} to serve the new one`);
  }
  expect(count('refresh', 'started')).toBe(1);
  expect(calls.length).toBe(2);
});

it('an answer invalidated in flight by a follower’s tag is not served to later requests on any cache', async () => {
  const { at, count, provider, calls, call } = await four();
  const tagged = chat({ context: { tags: ['page=7'] } });
  const leading = at(0).ask(chat(), provider);
  await eventually(() => calls.length === 1);
  const following = at(1).ask(tagged, provider);
  await eventually(() => count('followed') === 1, 'the tag to be brought');
  await at(2).invalidate({ tags: ['page=7'] });
  const during = at(2).ask(chat(), provider);
  await eventually(() => calls.length === 2, 'a call that begins afterwards');
  answer(call(0), completion({ text: 'old' }));
  for (const reply of await Promise.all([leading, following])) expect(await textOf(reply)).toContain('old');
  answer(call(1), completion({ text: 'new' }));
  expect(await textOf(await during)).toContain('new');
  for (let index = 0; index < 4; index++)
    for (const request of [chat(), tagged])
      expect(await textOf(await at(index).ask(request, provider))).toContain('new');
  expect(calls.length).toBe(2);
});

it('an answer invalidated in flight by a follower’s tag is not stored, even if no request comes meanwhile', async () => {
  const { at, count, provider, calls, call } = await four();
  const leading = at(0).ask(chat(), provider);
  await eventually(() => calls.length === 1);
  const following = at(1).ask(chat({ context: { tags: ['page=7'] } }), provider);
  await eventually(() => count('followed') === 1, 'the tag to be brought');
  await at(2).invalidate({ tags: ['page=7'] });
  answer(call(0), completion({ text: 'old' }));
  await Promise.all([leading, following]);
  // Other machines learn of it a moment later.
  for (let index = 0; index < 4; index++) {
    let reason = '';
    await eventually(() => {
      void at(index)
        .explain(chat())
        .then((explained) => {
          reason = explained.kind === 'miss' ? explained.reason : explained.kind;
        });
      return reason === 'absent' || reason === 'invalidated';
    }, `cache ${index} to refuse it`);
  }
  expect(calls.length).toBe(1);
});
