import { describe, expect, it } from 'vitest';
import { createCache } from '../cache.ts';
import { AskonceError } from '../errors.ts';
import { memoryStore } from '../store/memory/store.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { cachedFunction } from './function.ts';

describe('a cached function', () => {
  it('a cached function runs once for equal inputs, whatever the order of properties, and returns the same value', async () => {
    const asked: unknown[] = [];
    const area = cachedFunction(createCache(), 'area', ({ w, h }: { w: number; h: number }) => {
      asked.push([w, h]);
      return { area: w * h, of: ['w', 'h'] };
    });
    const answers = await Promise.all([area({ w: 2, h: 3 }), area({ h: 3, w: 2 }), area({ w: 2, h: 4 })]);
    expect(answers.map((answer) => answer.area)).toEqual([6, 6, 8]);
    expect(await area({ w: 2, h: 3 })).toEqual({ area: 6, of: ['w', 'h'] });
    expect(asked).toEqual([
      [2, 3],
      [2, 4],
    ]);
  });

  it('a cached function gives each caller a value of its own', async () => {
    const list = cachedFunction(createCache(), 'list', (_input: string) => [1, 2]);
    const first = await list('a');
    first.push(3);
    expect(await list('a')).toEqual([1, 2]);
  });

  it('a cached function gets its input as it was at the call, whatever its caller makes of it meanwhile', async () => {
    const memory = memoryStore();
    // The function runs after the lookup, which takes a while.
    const store = { ...memory, get: async (key: string) => await memory.get(key) };
    const load = cachedFunction(createCache({ store }), 'load', (input: { page: number }) => {
      const said = `page ${input.page}`;
      input.page = -1;
      return said;
    });
    const query = { page: 0 };
    const loading = [0, 1, 2].map((page) => {
      query.page = page;
      return load(query);
    });
    const expected = ['page 0', 'page 1', 'page 2'];
    expect(await Promise.all(loading)).toEqual(expected);
    expect(await Promise.all([0, 1, 2].map((page) => load({ page })))).toEqual(expected);
    expect(query).toEqual({ page: 2 });
  });

  it('a cached function gets a list of a class with its methods', async () => {
    class Numbers extends Array<number> {
      sum() {
        return this.reduce((sum, number) => sum + number, 0);
      }
    }
    const sum = cachedFunction(createCache(), 'sum', (numbers: Numbers) => numbers.sum());
    expect(await sum(new Numbers(1, 2, 3))).toBe(6);
  });

  it('a cached function serves its value for its whole lifetime, as there is no credential to be accepted anew', async () => {
    const clock = fakeClock();
    let calls = 0;
    const count = cachedFunction(createCache({ clock }), 'count', (_input: string) => ++calls);
    await count('a');
    clock.advance(6 * 86_400_000);
    expect([await count('a'), calls]).toEqual([1, 1]);
  });

  it('cached functions of different names share no values', async () => {
    const cache = createCache();
    const one = cachedFunction(cache, 'one', (_input: number) => 'one');
    const two = cachedFunction(cache, 'two', (_input: number) => 'two');
    expect([await one(1), await two(1)]).toEqual(['one', 'two']);
  });

  it.each([new Error('as it is'), 'a text', undefined, null, new AskonceError('closed', 'its own')])(
    'a thrown value (%s) reaches all waiting callers as it is, and the next call runs the function again',
    async (thrown) => {
      let calls = 0;
      const fails = cachedFunction(createCache(), 'fails', async (_input: string): Promise<string> => {
        calls++;
        if (calls === 1) throw thrown;
        return 'now';
      });
      const results = await Promise.allSettled([fails('a'), fails('a'), fails('a')]);
      expect(results).toEqual(Array(3).fill({ status: 'rejected', reason: thrown }));
      expect(calls).toBe(1);
      expect(await fails('a')).toBe('now');
      expect(await fails('a')).toBe('now');
      expect(calls).toBe(2);
    },
  );

  it('a thrown value also reaches callers that wait through another wrapper of the same name', async () => {
    const cache = createCache();
    const thrown = new Error('as it is');
    const wrapped = () =>
      cachedFunction(cache, 'shared', (_input: string): Promise<string> => Promise.reject(thrown));
    const results = await Promise.allSettled([wrapped()('a'), wrapped()('a')]);
    expect(results.map((result) => result.status === 'rejected' && result.reason === thrown)).toEqual([
      true,
      true,
    ]);
  });

  it('a cached function stores null, which is an answer, and not undefined, which is none', async () => {
    let calls = 0;
    const nothing = cachedFunction(createCache(), 'nothing', (input: string) => {
      calls++;
      return input === 'null' ? null : undefined;
    });
    expect([await nothing('a'), await nothing('a'), await nothing('null'), await nothing('null')]).toEqual([
      undefined,
      undefined,
      null,
      null,
    ]);
    expect(calls).toBe(3);
  });

  it('a cached function refuses inputs that JSON would confuse with others', async () => {
    const echo = cachedFunction(createCache(), 'echo', (_input: unknown) => 1);
    const circular: { self?: unknown } = {};
    circular.self = circular;
    for (const input of [new Map(), new Date(0), Number.NaN, 1n, () => {}, undefined, circular, [new Set()]])
      await expect(echo(input)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await echo({ left: undefined, out: [null] })).toBe(1);
  });

  it('a caller that leaves a cached function does not disturb the others', async () => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    const slow = cachedFunction(createCache(), 'slow', (_input: string) => promise);
    const leaves = slow('a', { signal: controller.signal });
    const stays = slow('a');
    controller.abort(new Error('gone'));
    await expect(leaves).rejects.toThrow('gone');
    resolve('there');
    expect(await stays).toBe('there');
  });

  it('a cached function runs each time when its call may not be stored', async () => {
    let calls = 0;
    const fn = cachedFunction(
      createCache(),
      'private',
      (_input: string) => {
        calls++;
        if (calls === 2) throw new RangeError('second');
        return calls;
      },
      { context: { sensitive: true } },
    );
    expect(await fn('a')).toBe(1);
    await expect(fn('a')).rejects.toThrow(RangeError);
    expect(await fn('a')).toBe(3);
  });
});
