import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Awaitable, Clock } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { sampleEntry } from '../testing/sample-entry.ts';
import type { Store } from './contract.ts';
import { memoryStore } from './memory/store.ts';
import type { LogRow } from './shared.ts';
import { sqliteStore } from './sqlite/store.ts';
import { tieredStore } from './stack/tiered.ts';

const key = fc.constantFrom('a', 'b', 'ab', '%', '日本');
const digest = fc.constantFrom('t1', 't2', 't3');
const digests = fc.uniqueArray(digest, { maxLength: 2 });
const step = fc.oneof(
  fc.record({
    do: fc.constant('set' as const),
    key,
    bytes: fc.constantFrom(0, 1, 5_000, 70_000),
    fill: fc.nat(255),
    lifetime: fc.constantFrom(0, 10, 1_000),
    lease: fc.nat(3),
    tagDigests: digests,
  }),
  fc.record({ do: fc.constant('get' as const), key }),
  fc.record({ do: fc.constant('delete' as const), key }),
  fc.record({ do: fc.constant('delete many' as const), keys: fc.array(key, { maxLength: 4 }) }),
  fc.record({ do: fc.constant('tag' as const), key, digest }),
  fc.record({ do: fc.constant('find' as const), clauses: fc.array(digests, { maxLength: 2 }) }),
  fc.record({ do: fc.constant('remove found' as const), clauses: fc.array(digests, { maxLength: 2 }) }),
  fc.record({ do: fc.constant('append' as const), rows: fc.nat(3), above: fc.constantFrom(0, 0, 7) }),
  fc.record({ do: fc.constant('read' as const), from: fc.nat(9) }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 9, 500) }),
  fc.record({ do: fc.constant('flush' as const) }),
  fc.record({ do: fc.constant('reopen' as const) }),
);

const kinds: Readonly<
  Record<string, { isDurable: boolean; open(clock: Clock, folder: string): Awaitable<Store> }>
> = {
  memory: { isDurable: false, open: (clock) => memoryStore({ clock }) },
  SQLite: { isDurable: true, open: (clock, folder) => sqliteStore({ clock, folder }) },
  tiered: {
    isDurable: true,
    open: async (clock, folder) =>
      tieredStore({
        upper: memoryStore({ clock, maxBytes: 20_000 }),
        lower: await sqliteStore({ clock, folder }),
        clock,
        budgetMs: 60_000,
        deleteBudgetMs: 60_000,
      }),
  },
};

async function everything(store: Store, clauses: readonly (readonly string[])[]): Promise<string[]> {
  const found: string[] = [];
  for await (const { keys } of store.tags?.find({ clauses }) ?? []) found.push(...keys);
  return found;
}

describe.each(Object.entries(kinds))('the %s store, whatever happens to it', (_name, { isDurable, open }) => {
  it('a store answers as a map does, whatever happens to it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'askonce-histories-'));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = fakeClock();
        const own = join(folder, String(run++));
        const model = new Map<string, Entry>();
        /** Tags that were added to what is there, and to what was there before it. */
        const tagged = new Map<string, Set<string>>();
        const log: LogRow[] = [];
        const live = (name: string) => {
          const entry = model.get(name);
          return entry !== undefined && entry.meta.expires > clock.now() ? entry : undefined;
        };
        let store = await open(clock, own);
        try {
          for (const each of steps) {
            if (each.do === 'set') {
              const { bytes, fill, lifetime, lease, tagDigests } = each;
              const now = clock.now();
              const body = Buffer.alloc(bytes, fill);
              const entry = sampleEntry({
                key: each.key,
                body,
                lease,
                now,
                expires: now + lifetime,
                tagDigests,
              });
              const isNewer = (live(each.key)?.meta.lease ?? 0) <= lease;
              const expected = lifetime === 0 ? 'expired' : isNewer ? 'stored' : 'superseded';
              expect(await store.set(entry)).toBe(expected);
              if (expected === 'stored') model.set(each.key, entry);
            } else if (each.do === 'get') {
              const found = await store.get(each.key);
              const entry = live(each.key);
              expect(found?.entry.meta).toEqual(entry?.meta);
              expect(Buffer.from(found?.entry.recording.body ?? [])).toEqual(
                entry?.recording.body ?? Buffer.alloc(0),
              );
            } else if (each.do === 'delete') {
              expect(await store.delete(each.key)).toBe(live(each.key) !== undefined);
              model.delete(each.key);
            } else if (each.do === 'delete many') {
              const there = new Set(each.keys.filter((name) => live(name) !== undefined));
              expect(await store.deleteMany(each.keys)).toBe(there.size);
              for (const name of each.keys) model.delete(name);
            } else if (each.do === 'tag') {
              await store.tags?.add(each.key, [each.digest], clock.now() + 100_000);
              if (live(each.key) !== undefined)
                tagged.set(each.key, new Set([...(tagged.get(each.key) ?? []), each.digest]));
            } else if (each.do === 'find') {
              const fits = (tags: readonly string[]) =>
                each.clauses.every((clause) => clause.some((one) => tags.includes(one)));
              const found = await everything(store, each.clauses);
              const own = [...model.keys()].filter((name) => fits(live(name)?.meta.tagDigests ?? ['none']));
              const most = [...model.keys()].filter((name) =>
                fits([...(live(name)?.meta.tagDigests ?? []), ...(tagged.get(name) ?? [])]),
              );
              const alive = new Set([...model.keys()].filter((name) => live(name) !== undefined));
              expect(new Set(found).size).toBe(found.length);
              expect(found).toEqual(expect.arrayContaining(own.filter((name) => alive.has(name))));
              expect(most.filter((name) => alive.has(name))).toEqual(expect.arrayContaining(found));
            } else if (each.do === 'remove found') {
              const found = await everything(store, each.clauses);
              expect(await store.deleteMany(found, { toMakeRoom: true })).toBe(found.length);
              expect(await everything(store, each.clauses)).toEqual([]);
              for (const name of found) model.delete(name);
            } else if (each.do === 'append') {
              const rows = Array.from({ length: each.rows }, (_none, index) => ({
                id: `i${index}`,
                what: '{}',
              }));
              const appended = await store.shared?.log?.append(rows, each.above);
              const above = Math.max(log.at(-1)?.number ?? 0, each.above);
              const numbered = rows.map((row, index) => ({ ...row, number: above + 1 + index }));
              expect(appended?.rows).toEqual(numbered);
              log.push(...numbered);
            } else if (each.do === 'read') {
              const reading = await store.shared?.log?.read(each.from);
              expect(reading?.last).toBe(log.at(-1)?.number ?? 0);
              expect(reading?.rows).toEqual(log.filter(({ number }) => number >= each.from));
            } else if (each.do === 'advance') {
              clock.advance(each.ms);
            } else if (each.do === 'flush') {
              await store.flush();
            } else if (isDurable) {
              await store.close();
              store = await open(clock, own);
            }
          }
        } finally {
          await store.close();
        }
      }),
      { numRuns: 25 },
    );
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
});
