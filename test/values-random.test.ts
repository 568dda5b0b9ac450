/**
 * Any JSON, and random concurrent histories, against a model.
 */
import { askValue, askValues, createCache, deleteValue, getValue, type Store, setValue } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settled } from './support/gated-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { allOf } from './support/values-question.ts';

const stores: Readonly<Record<string, () => Promise<Store | undefined>>> = {
  memory: async () => undefined,
  SQLite: async () => sqliteStore({ folder: temporaryFolder() }),
};

/** As JSON has it: the negative zero is zero. */
const json = fc.jsonValue({ maxDepth: 4 }).map((value): unknown => JSON.parse(JSON.stringify(value)));
/** Null as a property of an input equals an absent one. */
const input = fc
  .oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.record({ q: fc.string(), more: fc.jsonValue({ maxDepth: 1 }) }),
    fc.tuple(fc.string(), fc.jsonValue({ maxDepth: 1 })),
  )
  .map(withoutNulls);

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const properties = Object.entries(value).flatMap(([name, one]) =>
    one === null ? [] : [[name, withoutNulls(one)]],
  );
  return Object.fromEntries(properties);
}

describe.each(Object.entries(stores))('values in %s', (_name, open) => {
  it('any JSON comes out as it went in, made, followed, replayed and set', async () => {
    const cache = createCache({ store: await open(), settings: { storeBudgetMs: 10_000 } });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(json, fc.array(json, { maxLength: 6 }), async (value, list) => {
        const question = { name: 'any', input: number++ };
        const ask = async () => (await askValue(cache, question, () => value)).value;
        expect(await Promise.all([ask(), ask()])).toEqual([value, value]);
        expect([await ask(), await getValue(cache, question)]).toEqual([value, value]);
        const stream = async () => {
          const { values } = await askValues(cache, question, async function* () {
            yield* list;
          });
          return allOf(values);
        };
        expect(await Promise.all([stream(), stream()])).toEqual([list, list]);
        expect(await stream()).toEqual(list);
        expect(await setValue(cache, question, list)).toBe(true);
        expect(await getValue(cache, question)).toEqual(list);
        expect(await deleteValue(cache, question)).toBe(true);
        expect(await getValue(cache, question)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
    await cache.close();
  });
});

it('two inputs share an answer exactly if they have the same content, whichever property is named as the text', async () => {
  const cache = createCache();
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(input, {
        comparator: (one, other) => canonical(one) === canonical(other),
        maxLength: 5,
      }),
      fc.nat(),
      async (inputs, run) => {
        for (const text of [undefined, 'q', '0']) {
          const name = `inputs ${run} ${text}`;
          const ask = (given: unknown, made: number) =>
            askValue(cache, { name, input: given, text }, () => made);
          for (const [index, given] of inputs.entries())
            await setValue(cache, { name, input: given, text }, index);
          for (const [index, given] of inputs.entries()) {
            const reordered: unknown = JSON.parse(canonical(given));
            expect((await ask(reordered, -1)).value).toBe(index);
          }
        }
      },
    ),
    { numRuns: 100 },
  );
});

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? 1 : -1)))
      : one,
  );
}

const key = fc.nat(2);

/** What happens at one step of a history. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('ask a value', 'ask values'), key }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('finish', 'finish', 'fail'), key }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('set', 'delete', 'emit'), key }) },
);

/** Calls that the test ends, numbered as they begin; it notes those that should not have been made. */
function calls() {
  const running: { readonly name: string; readonly made: number; finish(fails: boolean): void }[] = [];
  const superfluous: string[] = [];
  /** By name, the number of the first call that is not invalidated. */
  const valid = new Map<string, number>();
  let latest = 0;
  return {
    running,
    superfluous,
    nextNumber: () => ++latest,
    firstValid: (name: string) => valid.get(name) ?? 0,
    invalidate: (name: string) => void valid.set(name, latest + 1),
    async make(name: string): Promise<number> {
      const made = ++latest;
      // What is invalidated meanwhile may run beside what replaces it.
      if (running.some((call) => call.name === name && call.made >= (valid.get(name) ?? 0)))
        superfluous.push(name);
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const call = {
        name,
        made,
        finish: (fails: boolean) => (fails ? reject(new RangeError(name)) : resolve(made)),
      };
      running.push(call);
      return promise.finally(() => running.splice(running.indexOf(call), 1));
    },
  };
}

it('in random concurrent histories a question is asked once at a time, and no answer is older than what invalidated it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const cache = createCache();
      const { running, superfluous, nextNumber, firstValid, invalidate, make } = calls();
      const questionOf = (number: number) => {
        const question = { name: `question ${number}`, input: number };
        return { ...question, invalidateOn: [`changed.${number}`] };
      };
      const asked: Promise<unknown>[] = [];

      async function ask(does: string, number: number): Promise<unknown> {
        const name = `${does} ${number}`;
        const from = firstValid(name);
        try {
          const answer =
            does === 'ask a value'
              ? (await askValue(cache, questionOf(number), () => make(name))).value
              : (
                  await allOf(
                    (
                      await askValues(cache, questionOf(number), async () => one(make(name)))
                    ).values,
                  )
                )[0];
          return answer !== undefined && answer >= from ? 'right' : `${answer} before ${from}`;
        } catch (error) {
          return error instanceof RangeError && error.message === name ? 'right' : error;
        }
      }

      for (const { does, key: number } of steps) {
        if (does.startsWith('ask')) asked.push(ask(does, number));
        else if (does === 'finish' || does === 'fail')
          running[number % Math.max(1, running.length)]?.finish(does === 'fail');
        else if (does === 'set') await setValue(cache, questionOf(number), nextNumber());
        else {
          cache.declareEvents([`changed.${number}`]);
          if (does === 'emit') await cache.emit({ type: `changed.${number}` });
          else await deleteValue(cache, questionOf(number));
          for (const form of ['ask a value', 'ask values']) invalidate(`${form} ${number}`);
        }
        await settled();
      }
      for (let left = running.length; left > 0; left = running.length) {
        for (const call of [...running]) call.finish(false);
        await settled();
      }
      expect([...(await Promise.all(asked)), ...superfluous]).toEqual(asked.map(() => 'right'));
      await cache.close(0);
    }),
    { numRuns: 100 },
  );
}, 60_000);

async function* one<Value>(value: Promise<Value>): AsyncGenerator<Value> {
  yield await value;
}
