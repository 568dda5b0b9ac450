import { expect, it } from 'vitest';
import { createCache } from '../../cache.ts';
import type { CallerContext } from '../../identity/request.ts';
import { cachedFunction } from '../function.ts';
import type { ValueQuestion } from './contract.ts';
import { Cached } from './method.ts';
import { askValue, askValues, deleteValue, getValue, setValue } from './values.ts';

const unknownOption = expect.objectContaining({ code: 'invalid_settings' });

/** As JavaScript passes it, which no compiler checks. */
function untyped<Value extends object>(value: object): Value {
  const { given }: { readonly given: Value } = Object.assign(Object.create(null), { given: value });
  return given;
}

it.each([
  [{ ttlSecond: 5 }, 'ttlSecond: there is no such option; did you mean ttl?'],
  [{ ttlSeconds: 5 }, 'ttlSeconds: there is no such option; did you mean ttl?'],
  [{ stale: 5 }, 'stale: there is no such option; did you mean staleAfter?'],
  [{ invalidatedOn: [] }, 'invalidatedOn: there is no such option; did you mean invalidateOn?'],
  [{ key: 'a' }, /key: there is no such option; there are ttl, staleAfter, .*context/],
  [{ constructor: 1 }, 'constructor: there is no such option'],
  [{ ttl: '60' }, 'ttl: must be a number'],
  [{ staleAfter: null }, 'staleAfter: must be a number'],
  [{ tags: 'a=b' }, 'tags: must be a list of texts'],
  [{ tags: [1] }, 'tags: must be a list of texts'],
  [{ invalidateOn: 'prices.changed' }, 'invalidateOn: must be a list of texts'],
  [{ text: 0 }, 'text: must be a text'],
  [{ facts: {} }, 'facts: must be a function'],
  [{ stream: 'yes' }, 'stream: must be true or false'],
  [{ directives: 'no-store' }, 'directives: must be an object'],
  [{ directives: { nostore: true } }, 'directives.nostore: there is no such option; did you mean noStore?'],
  [{ directives: { warm: 'yes' } }, 'directives.warm: must be look or ask'],
  [{ context: { usr: 'ann' } }, 'context.usr: there is no such option; did you mean user?'],
  [{ context: { user: 7 } }, 'context.user: must be a text'],
  [{ context: ['ann'] }, 'context: must be an object'],
])('cachedFunction refuses the options %j when it is called, and names what is wrong', (options, message) => {
  const make = () => cachedFunction(createCache(), 'price', () => 1, untyped(options));
  expect(make).toThrow(unknownOption);
  expect(make).toThrow(message);
});

it('options that are no object are refused', () => {
  const message = 'the options must be an object';
  expect(() => cachedFunction(createCache(), 'price', () => 1, untyped([60]))).toThrow(message);
  expect(() => Cached(createCache(), untyped([60]))).toThrow(message);
});

it.each([
  [{ ttlSecond: 5 }, 'Cached: ttlSecond: there is no such option; did you mean ttl?'],
  [{ name: 7 }, 'Cached: name: must be a text'],
  [{ key: 'id' }, 'Cached: key: must be a function'],
  [{ text: true }, 'Cached: text: must be a text'],
  [{ contexts: {} }, 'Cached: contexts: there is no such option; did you mean context?'],
])('Cached refuses the options %j when the class is made', (options, message) => {
  const decorate = () => Cached(createCache(), untyped(options));
  expect(decorate).toThrow(unknownOption);
  expect(decorate).toThrow(message);
});

it('options that are right, or left undefined, are taken, by functions and by methods', () => {
  const common = {
    ...{
      ttl: 0,
      staleAfter: Number.POSITIVE_INFINITY,
      invalidateOn: ['a.b'],
      stream: false,
      facts: undefined,
    },
    ...{ directives: { noStore: true, semantic: { off: true } }, context: () => ({}), tags: () => [] },
  };
  expect(() => cachedFunction(createCache(), 'f', () => 1, { ...common, text: 'q' })).not.toThrow();
  expect(() => Cached(createCache(), { ...common, name: () => 'n', key: () => 1, text: 0 })).not.toThrow();
});

it.each([
  [{ ttl: 60 }, 'question.ttl: there is no such option'],
  [{ invalidateON: ['a'] }, 'question.invalidateON: there is no such option; did you mean invalidateOn?'],
  [{ name: 7 }, 'question.name: must be a text'],
  [{ name: '' }, 'question.name: must be 1 to 256 characters'],
  [{ name: 'n'.repeat(257) }, 'question.name: must be 1 to 256 characters'],
  [{ directives: { ttlSecond: 60 } }, 'directives.ttlSecond: there is no such option; did you mean ttl?'],
  [{ directives: { ttl: '60' } }, 'directives.ttl: must be a number'],
  [{ context: { userId: 'ann' } }, 'context.userId: there is no such option; did you mean user?'],
  [{ context: { sensitive: 'yes' } }, 'context.sensitive: must be true or false'],
])('every function of values refuses the question with %j', async (wrong, message) => {
  const cache = createCache();
  const question = untyped<ValueQuestion>({ name: 'n', input: 1, ...wrong });
  const calls = [
    () => askValue(cache, question, () => 1),
    () => askValues(cache, question, async function* () {}),
    () => getValue(cache, question),
    () => setValue(cache, question, 1),
    () => deleteValue(cache, question),
  ];
  for (const call of calls) {
    await expect(call()).rejects.toThrow(unknownOption);
    await expect(call()).rejects.toThrow(message);
  }
});

it('what a context of each call says is checked, too: a misspelt user would share an answer with all', async () => {
  const context = () => untyped({ usr: 'ann' });
  const price = cachedFunction(createCache(), 'price', () => 1, { context });
  await expect(price(1)).rejects.toThrow('context.usr: there is no such option; did you mean user?');
});

it('a context or tags that a function returns as a promise are refused: a promise has no user', async () => {
  const asynchronous = { context: async () => ({ user: 'ann' }), tags: async () => ['a=b'] };
  for (const [name, option] of Object.entries(asynchronous)) {
    const price = cachedFunction(createCache(), 'price', () => 1, untyped({ [name]: option }));
    await expect(price(1)).rejects.toThrow(unknownOption);
    await expect(price(1)).rejects.toThrow(`${name}: must be returned at once, not as a promise`);
  }
  const question = { name: 'n', input: 1, context: untyped<CallerContext>(Promise.resolve({ user: 'ann' })) };
  await expect(askValue(createCache(), question, () => 1)).rejects.toThrow('context: must be an object');
});

it('asking refuses options that it does not have, before anything is asked', async () => {
  const cache = createCache();
  const question = { name: 'n', input: 1 };
  let calls = 0;
  const work = () => ++calls;
  const asked = askValue(cache, question, work, untyped({ fallBack: () => 2 }));
  await expect(asked).rejects.toThrow('askValue: fallBack: there is no such option; did you mean fallback?');
  await expect(askValue(cache, question, work, untyped({ facts: 1 }))).rejects.toThrow(
    'facts: must be a function',
  );
  const values = async function* () {
    yield work();
  };
  await expect(askValues(cache, question, values, untyped({ fact: work }))).rejects.toThrow(
    'askValues: fact: there is no such option; did you mean facts?',
  );
  expect(calls).toBe(0);
});
