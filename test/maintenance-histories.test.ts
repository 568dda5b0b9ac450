/**
 * Random histories of writes, hits, refreshes, deletions and maintenance, against a model: maintenance removes nothing that
 * does not fit a kind at its instant, and nothing that was written again meanwhile.
 */
import { createCache, memoryStore, type Store, tieredStore } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { type FakeClock, fakeClock, sampleEntry } from 'askonce/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sharedRedis } from './support/redis-server.ts';
import { ownKeys, storeOn } from './support/redis-stores.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const day = 86_400_000;
const start = 1_700_000_000_000;

interface Modelled {
  readonly refreshed: number;
  readonly expires: number;
  readonly confidence: number | undefined;
  readonly recordingId: string;
  /** Of a key that was past its expiry when it was written again, the hits before may or may not count. */
  hits: { least: number; most: number };
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      key: fc.nat(11),
      days: fc.integer({ min: 1, max: 90 }),
      confidence: fc.option(fc.constantFrom(0.2, 0.5, 0.9), { nil: undefined }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('get' as const), key: fc.nat(11) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), key: fc.nat(11) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), days: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('maintain' as const),
      rewrites: fc.array(fc.nat(11), { maxLength: 4 }),
    }),
  },
);

const stores: Readonly<
  Record<string, (clock: FakeClock) => Promise<{ store: Store; keyOf(name: string): string }>>
> = {
  memory: async (clock) => ({ store: memoryStore({ clock }), keyOf: ownKeys().keyOf }),
  'memory above SQLite': async (clock) => ({
    store: tieredStore({
      upper: memoryStore({ clock }),
      lower: await sqliteStore({ folder: temporaryFolder(), clock }),
      clock,
    }),
    keyOf: ownKeys().keyOf,
  }),
  Redis: async (clock) => {
    const { prefix, keyOf } = ownKeys();
    return { store: await storeOn({ url: sharedRedis(), prefix, clock }), keyOf };
  },
};

it.each(Object.entries(stores))(
  'maintenance of %s removes only what fits a kind, and nothing that was written meanwhile',
  async (_name, storeOf) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), async (steps) => {
        const clock = fakeClock(start);
        const { store, keyOf } = await storeOf(clock);
        const cache = createCache({ store, clock });
        const model = new Map<string, Modelled>();
        let written = 0;
        const set = async (name: number, days: number, confidence?: number) => {
          const key = keyOf(`${name}`);
          written += 1;
          const recordingId = written.toString(16).padStart(16, '0');
          const now = clock.now();
          const expires = now + days * day;
          await store.set(sampleEntry({ key, now, expires, lease: written, recordingId, confidence }));
          model.set(key, {
            refreshed: now,
            expires,
            confidence,
            recordingId,
            hits: hitsBefore(model.get(key), now),
          });
        };
        for (const one of steps) {
          if (one.do === 'set') await set(one.key, one.days, one.confidence);
          else if (one.do === 'get') {
            const key = keyOf(`${one.key}`);
            if ((await store.get(key)) !== undefined) {
              const modelled = model.get(key);
              if (modelled !== undefined) {
                modelled.hits.least += 1;
                modelled.hits.most += 1;
              }
            }
          } else if (one.do === 'delete') {
            await store.delete(keyOf(`${one.key}`));
            model.delete(keyOf(`${one.key}`));
          } else if (one.do === 'pass') {
            clock.advance(one.days * day);
            await store.flush();
          } else {
            await store.flush();
            const run = cache.maintain({ kinds: ['expired', 'low-value', 'low-quality'] });
            const rewritten = one.rewrites.map((name) => keyOf(`${name}`));
            for (const name of one.rewrites) await set(name, 60);
            expect((await run).outcome).toBe('complete');
            const now = clock.now();
            for (const [key, { refreshed, expires, confidence, hits, recordingId }] of model) {
              const there = (await readOf(store, key)) === recordingId;
              const isOld = now - refreshed >= Math.min(30 * day, (expires - refreshed) / 2);
              const goes = (count: number) =>
                expires <= now || (count < 2 && isOld) || (confidence ?? 1) < 0.5;
              if (rewritten.includes(key)) expect([key, there]).toEqual([key, true]);
              else if (!goes(hits.least)) expect([key, there]).toEqual([key, true]);
              else if (goes(hits.most)) {
                expect([key, there]).toEqual([key, false]);
                model.delete(key);
              } else if (!there) model.delete(key);
            }
          }
        }
        await cache.close(0);
      }),
      { numRuns: 12 },
    );
  },
  120_000,
);

/** The recording under a key, without counting a hit. */
async function readOf(store: Store, key: string): Promise<string | undefined> {
  for await (const entries of store.scan?.walk() ?? [])
    for (const entry of entries) if (entry.key === key) return entry.meta.recordingId;
  return undefined;
}

function hitsBefore(there: Modelled | undefined, now: number): Modelled['hits'] {
  const { least, most } = there?.hits ?? { least: 0, most: 0 };
  return there !== undefined && there.expires <= now ? { least: 0, most } : { least, most };
}
