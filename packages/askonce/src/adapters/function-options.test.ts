import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { createCache } from '../cache.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { cachedFunction } from './function.ts';

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

describe('the options of a cached function', () => {
  it('lifetime, tags, events and context of a cached function apply to what it stores', async () => {
    const clock = fakeClock();
    const cache = createCache({ clock });
    let calls = 0;
    const price = cachedFunction(cache, 'price', (_input: { of: string; user: string }) => ++calls, {
      ...{ ttl: 100, staleAfter: 60, invalidateOn: ['prices.changed'] },
      tags: ({ of }) => [`product=${of}`],
      context: ({ user }) => ({ user, category: 'pricing' }),
      facts: (output) => ({ model: `m${output}` }),
    });
    await price({ of: 'tea', user: 'ann' });
    await price({ of: 'tea', user: 'bob' });
    const { entries } = await cache.page();
    expect(entries.map(({ meta }) => [meta.user, meta.category, meta.model]).sort()).toEqual([
      ['ann', 'pricing', 'm1'],
      ['bob', 'pricing', 'm2'],
    ]);
    const [first] = entries;
    expect(first && first.meta.expires - first.meta.created).toBe(100_000);
    expect(first && first.meta.staleAfter - first.meta.created).toBe(60_000);
    expect(await cache.invalidate({ tags: 'product=tea' }, { dryRun: true })).toBe(2);
    expect(await cache.emit({ type: 'prices.changed' })).toBe(2);
    expect(await price({ of: 'tea', user: 'ann' })).toBe(3);
  });

  it('a lifetime beside directives goes before theirs, and the rest of them stays', async () => {
    const cache = createCache();
    const fn = cachedFunction(cache, 'f', () => 1, { ttl: 100, directives: { ttl: 5, staleAfter: 7 } });
    await fn(1);
    const [entry] = (await cache.page()).entries;
    expect(
      entry && [entry.meta.expires - entry.meta.created, entry.meta.staleAfter - entry.meta.created],
    ).toEqual([100_000, 7000]);
  });
});

describe('a cached function that gives a stream', () => {
  it('an async generator gives a stream, which is replayed to the next caller', async () => {
    const cache = createCache();
    let calls = 0;
    const count = cachedFunction(cache, 'count', async function* (input: { to: number }) {
      calls++;
      for (let index = 1; index <= input.to; index++) yield index;
    });
    expect(await Promise.all([all(count({ to: 3 })), all(count({ to: 3 }))])).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect([await all(count({ to: 3 })), await all(count({ to: 1 })), calls]).toEqual([[1, 2, 3], [1], 2]);
  });

  it('another function gives a stream if the option says so', async () => {
    const cache = createCache();
    const list = async (input: readonly string[]) => ReadableStream.from(input);
    const streamed = cachedFunction(cache, 'list', list, { stream: true });
    expect(await all(streamed(['a', 'b']))).toEqual(['a', 'b']);
    expect(await all(streamed(['a', 'b']))).toEqual(['a', 'b']);
    const unsaid = cachedFunction(cache, 'unsaid', list);
    await expect(unsaid(['a'])).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('option stream'),
    });
  });

  it('a stream belongs to the tenant of its call, wherever it is read', async () => {
    const tenants = new AsyncLocalStorage<string>();
    const mine = cachedFunction(
      createCache(),
      'mine',
      async function* (_input: string) {
        yield tenants.getStore();
      },
      { context: () => ({ tenant: tenants.getStore() }) },
    );
    const [ann, bob] = ['ann', 'bob'].map((tenant) => tenants.run(tenant, () => mine('a')));
    const read = async (tenant: string, stream: typeof ann) =>
      stream && (await tenants.run(tenant, async () => await all(stream)));
    expect(await read('reader of ann', ann)).toEqual(['ann']);
    expect(await read('reader of bob', bob)).toEqual(['bob']);
    const again = tenants.run('ann', () => mine('a'));
    expect(await read('another reader', again)).toEqual(['ann']);
  });

  it('a stream that is never read causes no unhandled rejection if its question is refused', async () => {
    const refused = cachedFunction(
      createCache(),
      'refused',
      async function* (_input: string) {
        yield 1;
      },
      {
        context: () => {
          throw new RangeError('no context');
        },
      },
    );
    refused('never read');
    // Node reports unhandled rejections before the next turn, and then the test fails.
    await new Promise((resolve) => setImmediate(resolve));
    await expect(refused('a').next()).rejects.toThrow('no context');
  });

  it('nothing is asked before the first value is, and a reader that leaves meanwhile ends its wait', async () => {
    const started: AbortSignal[] = [];
    const never = cachedFunction(
      createCache({ settings: { abandoned: 'cancel' } }),
      'never',
      async function* (_input: string, signal): AsyncGenerator<string> {
        started.push(signal);
        await new Promise<void>(() => {});
      },
    );
    const unread = never('a');
    expect(await unread.return(undefined)).toEqual({ done: true, value: undefined });
    expect(await unread.next()).toEqual({ done: true, value: undefined });
    expect(started).toEqual([]);
    const left = never('b');
    const first = left.next();
    await new Promise((resolve) => setImmediate(resolve));
    await left.return(undefined);
    expect(await first).toEqual({ done: true, value: undefined });
    expect(started.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('the signal of one reader ends its stream with its reason, and no other', async () => {
    const controller = new AbortController();
    const gate = Promise.withResolvers<void>();
    const fn = cachedFunction(createCache(), 'f', async function* (_input: string) {
      yield 1;
      await gate.promise;
      yield 2;
    });
    const leaves = fn('a', { signal: controller.signal });
    const stays = fn('a');
    expect([await leaves.next(), await stays.next()]).toEqual(Array(2).fill({ done: false, value: 1 }));
    controller.abort(new Error('gone'));
    await expect(leaves.next()).rejects.toThrow('gone');
    gate.resolve();
    expect(await all(stays)).toEqual([2]);
  });
});
