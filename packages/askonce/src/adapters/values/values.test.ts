import { describe, expect, it } from 'vitest';
import { createCache } from '../../cache.ts';
import { AskonceError } from '../../errors.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { cachedFunction } from '../function.ts';
import { askValue, askValues, deleteValue, getValue, setValue } from './values.ts';

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

describe('a question about a value', () => {
  it('a question about a value is answered by one call for all that ask at once, and from the store from then on', async () => {
    const cache = createCache();
    let calls = 0;
    const ask = (input: unknown) => askValue(cache, { name: 'area', input }, () => ({ calls: ++calls }));
    const first = await Promise.all([ask({ w: 2, h: 3 }), ask({ h: 3, w: 2 })]);
    expect(first.map(({ value }) => value)).toEqual([{ calls: 1 }, { calls: 1 }]);
    const again = await ask({ w: 2, h: 3, depth: null });
    expect(again).toMatchObject({ value: { calls: 1 }, cacheStatus: { kind: 'hit' }, age: 0 });
    expect((await ask({ w: 2 })).value).toEqual({ calls: 2 });
  });

  it('null, false, zero and the empty text are values, and are stored', async () => {
    const cache = createCache();
    for (const value of [null, false, 0, '', [], {}]) {
      let calls = 0;
      const ask = () =>
        askValue(cache, { name: 'nothing', input: [value] }, () => {
          calls++;
          return value;
        });
      expect([(await ask()).value, (await ask()).value, calls]).toEqual([value, value, 1]);
    }
  });

  it('a value that is known to be incomplete is returned and not stored', async () => {
    const cache = createCache();
    const question = { name: 'half', input: 1 };
    const facts = () => ({ isComplete: false });
    expect((await askValue(cache, question, () => 'half', { facts })).value).toBe('half');
    expect(await getValue(cache, question)).toBeUndefined();
  });

  it('usage and model that come with a value are stored with it, and reported of each hit', async () => {
    const events: ObservedEvent[] = [];
    const cache = createCache({ observe: (event) => void events.push(event) });
    const usage = { inputTokens: 10, outputTokens: 2 };
    const ask = () =>
      askValue(cache, { name: 'gpt-4', input: 1 }, () => 'x', {
        facts: () => ({ usage, model: 'claude-sonnet-4-5' }),
      });
    await ask();
    expect((await ask()).usage).toEqual(usage);
    expect(events.find(({ type }) => type === 'stored')).toMatchObject({ usage, model: 'claude-sonnet-4-5' });
    expect(events.find(({ type }) => type === 'hit')).toMatchObject({
      savedTokens: 12,
      model: 'claude-sonnet-4-5',
    });
  });

  it('usage and model of values that may not be stored are reported, too', async () => {
    const events: ObservedEvent[] = [];
    const cache = createCache({ observe: (event) => void events.push(event) });
    const question = { name: 'own', input: 1, context: { sensitive: true } };
    const known = { usage: { inputTokens: 10, outputTokens: 2 }, model: 'm' };
    const facts = () => known;
    await askValue(cache, question, () => 'x', { facts });
    await all((await askValues(cache, question, () => ReadableStream.from(['x']), { facts })).values);
    const answers = events.filter(({ type }) => type === 'provider-answer');
    expect(answers).toMatchObject([known, known]);
    expect(answers).toHaveLength(2);
  });

  it('what a function throws reaches every caller unchanged, is not stored, and leaves a stale value to be served', async () => {
    const clock = fakeClock();
    const cache = createCache({ clock });
    const question = { name: 'flaky', input: 1, directives: { ttl: 100, staleAfter: 10 } };
    const failure = new AskonceError('closed', 'its own');
    const failing = () => askValue(cache, question, () => Promise.reject<string>(failure));
    const failed = await Promise.allSettled([failing(), failing()]);
    expect(failed.map((one) => one.status === 'rejected' && one.reason === failure)).toEqual([true, true]);
    await askValue(cache, question, () => 'good');
    clock.advance(20_000);
    expect(await failing()).toMatchObject({ value: 'good', cacheStatus: { detail: 'stale-if-error' } });
  });

  it('a stale value and a stale stream are served at once, and refreshed behind the reader by the same work', async () => {
    const clock = fakeClock();
    const cache = createCache({ clock, settings: { staleWhileRevalidate: true } });
    const question = { name: 'clock', input: 1, directives: { ttl: 100, staleAfter: 10 } };
    let made = 0;
    const value = async () => (await askValue(cache, question, () => ++made)).value;
    const stream = async () => {
      const { values } = await askValues(cache, question, async function* () {
        yield ++made;
      });
      return (await all(values))[0];
    };
    for (const ask of [value, stream]) {
      const first = await ask();
      clock.advance(11_000);
      expect(await ask()).toBe(first);
      await expect.poll(async () => await ask()).toBe(made);
      expect(made).toBe((first ?? 0) + 1);
    }
  });

  it('the category of a question gives its answer the lifetime that the settings have for it', async () => {
    const cache = createCache({ settings: { categories: { pricing: { stale: 60, gone: 120 } } } });
    const question = { name: 'price', input: 1, context: { category: 'Pricing' } };
    await askValue(cache, question, () => 1);
    const [entry] = (await cache.page()).entries;
    expect(entry && entry.meta.expires - entry.meta.created).toBe(120_000);
    expect(entry && entry.meta.staleAfter - entry.meta.created).toBe(60_000);
  });

  it('a fallback answers in place of a function that throws, and is not stored', async () => {
    const cache = createCache();
    const question = { name: 'fails', input: 1 };
    const fails = () => Promise.reject<string>(new Error('down'));
    const reply = await askValue(cache, question, fails, { fallback: () => 'template' });
    expect(reply).toMatchObject({ value: 'template', cacheStatus: { detail: 'fallback' } });
    expect(await getValue(cache, question)).toBeUndefined();
    const fallback = () => Promise.reject<string>(new Error('that, too'));
    await expect(askValue(cache, question, fails, { fallback })).rejects.toThrow('down');
  });

  it('a value is set, got and deleted by its question', async () => {
    const cache = createCache();
    const question = { name: 'capital', input: { of: 'fr' } };
    expect(await getValue(cache, question)).toBeUndefined();
    expect(await setValue(cache, question, null, { model: 'atlas' })).toBe(true);
    expect(await getValue(cache, question)).toBeNull();
    expect(await setValue(cache, question, 'Paris')).toBe(true);
    expect(await getValue(cache, question)).toBe('Paris');
    expect((await askValue(cache, question, () => 'Lyon')).value).toBe('Paris');
    expect([await deleteValue(cache, question), await deleteValue(cache, question)]).toEqual([true, false]);
    await expect(setValue(cache, question, undefined)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('an input that JSON would confuse with another is refused', async () => {
    const cache = createCache();
    const over = Symbol('over');
    const hidden = Object.defineProperty({ id: 1 }, 'tenant', { value: 'a', enumerable: false });
    // biome-ignore lint/suspicious/noSparseArray: an empty place is what is refused
    const sparse = [[, 1], Object.assign([, 1], { more: 1 })];
    for (const input of [
      ...[new Map(), new Date(0), Number.NaN, 1n, undefined, [new Set()], () => 1, { map: () => 1 }],
      ...[{ age: { [over]: 60 } }, Object.assign([1], { index: 7 }), Object.assign([1], { [over]: 7 })],
      ...[hidden, [hidden], /a/.exec('a'), ...sparse],
    ])
      await expect(getValue(cache, { name: 'echo', input })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    for (const input of [
      [],
      {},
      [[]],
      [null],
      Object.create(null),
      Object.assign(Object.create(null), { a: [1, 2] }),
    ])
      expect(await getValue(cache, { name: 'echo', input })).toBeUndefined();
  });

  it('a name that UTF-8 cannot encode is refused', async () => {
    await expect(getValue(createCache(), { name: 'echo \ud800', input: 1 })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it.each([-1, Number.NaN])('a lifetime of %s seconds is refused', async (seconds) => {
    const cache = createCache();
    for (const directives of [{ ttl: seconds }, { staleAfter: seconds }])
      await expect(getValue(cache, { name: 'echo', input: 1, directives })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    const echo = cachedFunction(cache, 'echo', async (input: number) => input, { ttl: seconds });
    await expect(echo(1)).rejects.toThrow('no number of seconds');
  });

  it('an input counts as it is spelt: the name of a guest has one Unicode form', async () => {
    const cache = createCache();
    const ask = async (input: unknown) =>
      (await askValue(cache, { name: 'guest', input }, () => [input])).value;
    const [composed, decomposed] = ['Ren\u00e9', 'Rene\u0301'];
    for (const input of [composed, decomposed, { [composed]: 1 }, { [decomposed]: 1 }])
      expect(await ask(input)).toEqual([input]);
  });
});

describe('a question about a stream of values', () => {
  it('values arrive as they are produced, and readers that come later follow from the first one', async () => {
    const cache = createCache();
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let calls = 0;
    const ask = () =>
      askValues(cache, { name: 'count', input: 2 }, async function* () {
        calls++;
        for (const [index, gate] of gates.entries()) {
          yield { index };
          await gate.promise;
        }
      });
    const leader = (await ask()).values;
    expect(await leader.next()).toEqual({ done: false, value: { index: 0 } });
    const late = (await ask()).values;
    expect(await late.next()).toEqual({ done: false, value: { index: 0 } });
    gates[0]?.resolve();
    expect(await late.next()).toEqual({ done: false, value: { index: 1 } });
    expect(await leader.next()).toEqual({ done: false, value: { index: 1 } });
    gates[1]?.resolve();
    expect([await leader.next(), await late.next()]).toEqual(Array(2).fill({ done: true, value: undefined }));
    const replay = await ask();
    expect(replay.cacheStatus.kind).toBe('hit');
    expect([await all(replay.values), calls]).toEqual([[{ index: 0 }, { index: 1 }], 1]);
  });

  it('a stream that fails passes the failure on after its values, and is not stored', async () => {
    const cache = createCache();
    const failure = new RangeError('in the middle');
    let calls = 0;
    const ask = () =>
      askValues(cache, { name: 'breaks', input: 1 }, async function* () {
        yield ++calls;
        if (calls === 1) throw failure;
      });
    const { values } = await ask();
    expect(await values.next()).toEqual({ done: false, value: 1 });
    await expect(values.next()).rejects.toBe(failure);
    expect([await all((await ask()).values), calls]).toEqual([[2], 2]);
    expect((await ask()).cacheStatus.kind).toBe('hit');
  });

  it('a stream that fails before its first value leaves a stale one to be served, or else the fallback answers', async () => {
    const clock = fakeClock();
    const cache = createCache({ clock });
    const question = { name: 'flaky', input: 1, directives: { ttl: 100, staleAfter: 10 } };
    const failure = new RangeError('at once');
    const giving = (value?: string) =>
      async function* () {
        if (value === undefined) throw failure;
        yield value;
      };
    const [failing, fallback] = [giving(), giving('template')];
    const ask = async (work: () => AsyncGenerator<string>, instead?: () => AsyncGenerator<string>) => {
      const { values, cacheStatus } = await askValues(cache, question, work, { fallback: instead });
      return [await all(values), cacheStatus.detail];
    };
    await expect(ask(failing)).rejects.toBe(failure);
    await expect(ask(failing, failing)).rejects.toBe(failure);
    expect(await ask(failing, fallback)).toEqual([['template'], 'fallback']);
    await ask(giving('good'));
    clock.advance(20_000);
    expect(await ask(failing, fallback)).toEqual([['good'], 'stale-if-error']);
  });

  it('a caller that leaves before the first value ends the work', async () => {
    const cache = createCache({ settings: { abandoned: 'cancel' } });
    for (const sensitive of [false, true]) {
      const controller = new AbortController();
      const begun = Promise.withResolvers<void>();
      let isLeft = false;
      const silent: AsyncIterator<string> = {
        async next() {
          begun.resolve();
          return await new Promise(() => {});
        },
        async return() {
          isLeft = true;
          return { done: true, value: undefined };
        },
      };
      const asked = askValues(
        cache,
        { name: 'silent', input: 1, context: { sensitive }, signal: controller.signal },
        () => ({ [Symbol.asyncIterator]: () => silent }),
      );
      await begun.promise;
      controller.abort(new Error('gone'));
      await expect(asked).rejects.toThrow('gone');
      await expect.poll(() => isLeft).toBe(true);
    }
  });

  it('a reader that leaves does not disturb the others, and the last to leave ends the work', async () => {
    const cache = createCache({ settings: { abandoned: 'cancel' } });
    const gate = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    const ask = () =>
      askValues(cache, { name: 'left', input: 1 }, async function* (signal) {
        signals.push(signal);
        yield 1;
        await gate.promise;
        yield 2;
      });
    const [one, other] = [(await ask()).values, (await ask()).values];
    expect(await one.next()).toEqual({ done: false, value: 1 });
    await one.return?.();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await other.return?.();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    gate.resolve();
  });

  it('a stream that was never read gives its place back when it is left', async () => {
    const cache = createCache({ settings: { abandoned: 'cancel' } });
    let signal: AbortSignal | undefined;
    const { values } = await askValues(cache, { name: 'unread', input: 1 }, async function* (given) {
      signal = given;
      yield 1;
      await new Promise<void>(() => {});
    });
    await values.return?.();
    expect(signal?.aborted).toBe(true);
  });

  it('an empty stream is an answer, and undefined among its values is null, as in a list of JSON', async () => {
    const cache = createCache();
    for (const list of [[], [undefined, null, 0]]) {
      const ask = () =>
        askValues<unknown>(cache, { name: 'list', input: list.length }, async function* () {
          yield* list;
        });
      const expected = list.map((one) => one ?? null);
      expect(await all((await ask()).values)).toEqual(expected);
      const again = await ask();
      expect([again.cacheStatus.kind, await all(again.values)]).toEqual(['hit', expected]);
    }
  });

  it('facts of a stream are gathered from its values', async () => {
    const cache = createCache();
    const usage = { inputTokens: 3, outputTokens: 4 };
    const ask = () =>
      askValues<object>(
        cache,
        { name: 'parts', input: 1 },
        async function* () {
          yield { model: 'm' };
          yield { usage };
        },
        { facts: (value) => value },
      );
    await all((await ask()).values);
    expect((await ask()).usage).toEqual(usage);
    const entries = (await cache.page()).entries;
    expect(entries.map(({ meta }) => [meta.model, meta.usage])).toEqual([['m', usage]]);
  });

  it('a stream replays at the pace at which it was recorded if the setting says so', async () => {
    const clock = fakeClock();
    const cache = createCache({ clock, settings: { replayPace: 'recorded' } });
    const ask = () =>
      askValues(cache, { name: 'paced', input: 1 }, async function* () {
        yield 1;
        clock.advance(5000);
        yield 2;
      });
    await all((await ask()).values);
    const { values } = await ask();
    expect(await values.next()).toEqual({ done: false, value: 1 });
    let come: unknown;
    const second = values.next().then((step) => {
      come = step.value;
    });
    // Whatever is due has happened once the event loop has turned.
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(4999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(come).toBeUndefined();
    clock.advance(1);
    await second;
    expect(come).toBe(2);
  });

  it('a value and a stream of values are two answers to one question, which are deleted together', async () => {
    const cache = createCache();
    const question = { name: 'both', input: 1 };
    expect((await askValue(cache, question, () => [1])).value).toEqual([1]);
    const stream = await askValues(cache, question, async function* () {
      yield 2;
    });
    expect(await all(stream.values)).toEqual([2]);
    expect(await getValue(cache, question)).toEqual([1]);
    expect(await deleteValue(cache, question)).toBe(true);
    expect((await cache.page()).entries).toEqual([]);
  });

  it('a question that may not be stored has its own stream each time', async () => {
    const cache = createCache();
    let calls = 0;
    const ask = async (fails: boolean) => {
      const question = { name: 'own', input: 1, context: { sensitive: true } };
      return await askValues(cache, question, async function* () {
        yield ++calls;
        if (fails) throw new RangeError('of its own');
      });
    };
    expect(await all((await ask(false)).values)).toEqual([1]);
    expect(await all((await ask(false)).values)).toEqual([2]);
    await expect(all((await ask(true)).values)).rejects.toThrow(RangeError);
  });
});

describe('domain events that a question names', () => {
  it('an event that a question names invalidates its answer, without being listed in the settings', async () => {
    const cache = createCache();
    let calls = 0;
    const ask = (invalidateOn: string[]) =>
      askValue(cache, { name: 'price', input: invalidateOn, invalidateOn }, () => ++calls);
    await ask(['prices.changed', 'taxes.changed']);
    await ask(['stock.changed']);
    expect(await cache.emit({ type: 'prices.changed' })).toBe(1);
    expect((await ask(['prices.changed', 'taxes.changed'])).value).toBe(3);
    expect((await ask(['stock.changed'])).value).toBe(2);
  });

  it('an event that nothing has named is refused with what to do', async () => {
    await expect(createCache().emit({ type: 'prices.changed' })).rejects.toMatchObject({
      code: 'invalid_event',
      message: expect.stringContaining('list it in the setting events'),
    });
  });

  it('an event that the settings list also invalidates answers whose question names it', async () => {
    const cache = createCache({ settings: { events: { 'prices.changed': [], 'b.changed': ['b={b}'] } } });
    const ask = (name: string, type: string, tags: string[] = []) =>
      askValue(cache, { name, input: 1, invalidateOn: [type], context: { tags } }, () => name);
    await ask('prices', 'prices.changed');
    await ask('named', 'b.changed');
    await ask('tagged', 'c.changed', ['b=1']);
    await ask('both', 'b.changed', ['b=1']);
    expect(await cache.emit({ type: 'prices.changed' })).toBe(1);
    expect(await cache.emit({ type: 'b.changed', b: 1 })).toBe(3);
  });

  it('a type that no event can have is refused', async () => {
    const asked = askValue(createCache(), { name: 'x', input: 1, invalidateOn: [''] }, () => 1);
    await expect(asked).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
