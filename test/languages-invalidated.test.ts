/**
 * Languages are detected behind the requests. Whatever moment an invalidation by language meets (before the detection
 * or after it, while the provider works or once the answer is stored), it removes the answers in that language and no
 * others.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createCache, memoryStore, type Store, tieredStore } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import fc from 'fast-check';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { answer, chat, completion } from './support/chat.ts';
import { gatedProvider, settled, textOf } from './support/gated-provider.ts';

const questions = {
  es: ['¿Dónde está mi pedido?', '¿Cuánto cuesta el envío?'],
  pt: ['Onde está o meu pedido?'],
  en: ['Where is the parcel that you sent?'],
} as const;

type Language = keyof typeof questions;

const asked = Object.entries(questions).flatMap(([language, texts]) =>
  texts.map((question) => ({ language, question })),
);

type Step =
  | { readonly do: 'ask'; readonly which: number }
  | { readonly do: 'answer'; readonly which: number }
  | { readonly do: 'invalidate'; readonly language: Language }
  | { readonly do: 'turn' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask'), which: fc.nat(asked.length - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer'), which: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('invalidate'),
      language: fc.constantFrom<Language>('es', 'pt', 'en'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turn') }) },
);

/** Plays a history, and returns how often an invalidation met an answer on its way and a stored one. */
async function play(store: Store, steps: readonly Step[]): Promise<{ flying: number; stored: number }> {
  const cache = createCache({ store });
  const gated = gatedProvider();
  const met = { flying: 0, stored: 0 };
  /** Counts the steps; calls, asks and invalidations are put in order by it. */
  let now = 0;
  const calls: { readonly language: string; readonly began: number; answered: boolean }[] = [];
  const invalidations: { readonly language: string; readonly began: number; readonly ended: number }[] = [];
  const asks: Promise<void>[] = [];

  async function ask(which: number): Promise<void> {
    const { language, question } = asked[which] ?? { language: 'es', question: questions.es[0] };
    const began = now;
    const reply = await cache.ask(chat({ question }), (request, signal) => {
      calls.push({ language, began: now, answered: false });
      return gated.provider(request, signal);
    });
    const { choices } = JSON.parse(await textOf(reply));
    const served = calls[Number(choices[0].message.content)];
    expect(served?.language).toBe(language);
    // A call that began while an invalidation ran, so at the same step, may have begun behind its row of the log.
    for (const { began: removed, ended } of invalidations.filter((one) => one.language === language))
      if (ended < began) expect(served?.began).toBeGreaterThanOrEqual(removed);
  }

  function answerNext(index: number): void {
    const open = calls.flatMap((call, number) => (call.answered ? [] : [number]));
    const number = open[index % Math.max(1, open.length)];
    const call = number === undefined ? undefined : calls[number];
    if (number === undefined || call === undefined) return;
    call.answered = true;
    answer(gated.call(number), completion({ text: String(number) }));
  }

  for (const one of steps) {
    now += 1;
    if (one.do === 'ask') {
      const asking = ask(one.which);
      // A failure is reported at the end, where all are awaited.
      asking.catch(() => {});
      asks.push(asking);
    } else if (one.do === 'answer') answerNext(one.which);
    else if (one.do === 'turn') await nextTurn();
    else {
      const began = now;
      met.flying += calls.filter(({ answered, language }) => !answered && language === one.language).length;
      met.stored += await cache.invalidate({ language: one.language });
      now += 1;
      invalidations.push({ language: one.language, began, ended: now });
      now += 1;
    }
  }
  let pending = asks.length;
  for (const one of asks) void one.finally(() => (pending -= 1)).catch(() => {});
  while (pending > 0) {
    answerNext(0);
    await settled();
  }
  await Promise.all(asks);
  // What no invalidation meant is still there: its answer was asked for once.
  for (const { language } of asked) {
    const many = asked.filter((one) => one.language === language).length;
    if (invalidations.some((one) => one.language === language)) continue;
    expect(calls.filter((call) => call.language === language).length).toBeLessThanOrEqual(many);
  }
  await cache.close();
  return met;
}

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** Meets an answer on its way, and then a stored one: what random histories may miss. */
const meetsBoth: Step[] = [
  { do: 'ask', which: 0 },
  { do: 'turn' },
  { do: 'invalidate', language: 'es' },
  { do: 'answer', which: 0 },
  { do: 'turn' },
  { do: 'ask', which: 0 },
  { do: 'turn' },
  { do: 'answer', which: 0 },
  ...Array.from({ length: 20 }, (): Step => ({ do: 'turn' })),
  { do: 'invalidate', language: 'es' },
];

const stores: Readonly<Record<string, () => Promise<Store>>> = {
  memory: async () => memoryStore(),
  'memory over SQLite': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'askonce-languages-'));
    folders.push(folder);
    return tieredStore({ upper: memoryStore(), lower: await sqliteStore({ folder }), budgetMs: 10_000 });
  },
};

describe.each(Object.entries(stores))('with %s', (name, open) => {
  it('an invalidation by language removes the answers in that language at any moment, and no others', async () => {
    const met = { flying: 0, stored: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), async (steps) => {
        const { flying, stored } = await play(await open(), steps);
        met.flying += flying;
        met.stored += stored;
      }),
      { numRuns: name === 'memory' ? 100 : 12, examples: [[meetsBoth]] },
    );
    expect(met.flying).toBeGreaterThan(0);
    expect(met.stored).toBeGreaterThan(0);
  });

  // Moments: before the request, before the detection, after it, once the answer is stored.
  it.each([
    [0, 'es', 1],
    [1, 'es', 2],
    [2, 'es', 2],
    [3, 'es', 2],
    [0, 'pt', 1],
    [1, 'pt', 1],
    [2, 'pt', 1],
    [3, 'pt', 1],
  ])(
    'at moment %i an invalidation of %s leaves %i calls for a question in Spanish',
    async (at, language, expected) => {
      const cache = createCache({ store: await open() });
      onTestFinished(() => cache.close());
      const gated = gatedProvider();
      const question = questions.es[0];
      const invalidateAt = async (moment: number) => {
        if (at === moment) await cache.invalidate({ language });
      };
      await invalidateAt(0);
      const asking = cache.ask(chat({ question }), gated.provider);
      await invalidateAt(1);
      await settled();
      await invalidateAt(2);
      answer(gated.call(0));
      await textOf(await asking);
      await invalidateAt(3);
      const again = cache.ask(chat({ question }), gated.provider);
      await settled();
      if (gated.calls.length > 1) answer(gated.call(1));
      await textOf(await again);
      expect(gated.calls).toHaveLength(expected);
    },
  );
});
