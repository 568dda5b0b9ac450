/** A ledger as a cache uses it: what it is given, what it erases, and when it is closed. */
import {
  type CacheLedger,
  createCache,
  type Entry,
  memoryStore,
  type ObservedEvent,
  type Observer,
} from 'askonce';
import { tag, tagDigester } from 'askonce/gateway-kit';
import { fakeClock, faultyStore } from 'askonce/testing';
import { expect, it } from 'vitest';
import { chat, completion } from './support/chat.ts';
import { saying } from './support/set-up-cache.ts';

const secret = 'a secret for digests of names';

/** A ledger that notes what the cache does with it. */
function notingLedger(changed: Partial<CacheLedger> = {}) {
  const events: ObservedEvent[] = [];
  const entries: Entry[] = [];
  const calls: string[] = [];
  let report: Observer = () => {};
  const ledger: CacheLedger = {
    observe: (event) => void events.push(event),
    reportTo(observe) {
      report = observe;
    },
    stored: (entry) => void entries.push(entry),
    async erase(user) {
      calls.push(`erase ${user}`);
      return 7;
    },
    async close() {
      calls.push('close');
    },
    ...changed,
  };
  return { ledger, events, entries, calls, report: (event: ObservedEvent) => report(event) };
}

const ofAda = () => chat({ question: 'Where is Ada?', context: { user: 'ada' } });

it('a ledger gets every event and every stored entry, and reports its trouble to the observers of the cache', async () => {
  const { ledger, events, entries, report } = notingLedger();
  const observed: ObservedEvent[] = [];
  const cache = createCache({ ledger, observe: (event) => void observed.push(event) });
  await cache.ask(ofAda(), saying(completion()));
  report({ type: 'ledger-trouble', ledger: 'sqlite', message: 'The disk is full.', lostRows: 3 });
  expect(events).toEqual(observed);
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['miss', 'stored', 'ledger-trouble']),
  );
  expect(entries.map(({ meta }) => meta.semanticText)).toEqual(['Where is Ada?']);
  await cache.close();
});

it('reading the metadata that a ledger gets decodes none in the stored entry', async () => {
  const { ledger, entries } = notingLedger();
  const held: Entry[] = [];
  const memory = memoryStore();
  const set = (entry: Entry) => {
    held.push(entry);
    return memory.set(entry);
  };
  const cache = createCache({ ledger, store: { ...memory, set } });
  await cache.ask(ofAda(), saying(completion()));
  expect(entries).toEqual(held.map(({ key, meta, recording }) => ({ key, meta, recording })));
  // The stored entry decodes its metadata once they are read, and keeps them.
  expect(entries[0]).not.toBe(held[0]);
  await cache.close();
});

it('a ledger that throws at an entry costs no answer', async () => {
  const { ledger } = notingLedger({
    stored() {
      throw new Error('broken');
    },
  });
  const cache = createCache({ ledger });
  expect(await cache.ask(ofAda(), saying(completion()))).toMatchObject({ status: 200 });
  expect(await cache.ask(ofAda(), saying(completion()))).toMatchObject({ cacheStatus: { kind: 'hit' } });
  await cache.close();
});

it('an erasure reaches the rows of the ledger, by the digest that events name the user by, and counts them', async () => {
  const { ledger, calls, events } = notingLedger();
  const cache = createCache({ ledger, settings: { secret } });
  await cache.ask(ofAda(), saying(completion()));
  const { byIndex, ledgerRows, thorough } = await cache.beginErasure('ada');
  expect([byIndex, ledgerRows, await thorough]).toEqual([1, 7, 0]);
  const digest = tagDigester(secret)(tag('user', 'ada'));
  expect(calls).toEqual([`erase ${digest}`]);
  expect(events.find(({ type }) => type === 'miss')).toMatchObject({ userDigest: digest });
  await cache.close();
});

it('an erasure that has begun waits three seconds for a slow ledger, and a whole erasure for its end', async () => {
  const clock = fakeClock();
  const rows = Promise.withResolvers<number>();
  const { ledger } = notingLedger({ erase: () => rows.promise });
  const cache = createCache({ ledger, clock });
  await cache.ask(ofAda(), saying(completion()));
  const begun = cache.beginErasure('ada');
  const whole = cache.erase('ada');
  let isOver = false;
  void whole.then(() => {
    isOver = true;
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  clock.advance(3_000);
  const erasure = await begun;
  expect(erasure).toMatchObject({ byIndex: 1, ledgerRows: 0 });
  await turn();
  expect(isOver).toBe(false);
  rows.resolve(9);
  expect([await erasure.ledger, await whole]).toEqual([9, 0]);
  await cache.close();
});

it('without a ledger an erasure removes no rows', async () => {
  const cache = createCache();
  expect(await cache.beginErasure('ada')).toMatchObject({ byIndex: 0, ledgerRows: 0 });
  await cache.close();
});

it('an erasure fails if the ledger does, after the entries are gone', async () => {
  const { ledger } = notingLedger({ erase: () => Promise.reject(new Error('the disk of the ledger')) });
  const cache = createCache({ ledger });
  await cache.ask(ofAda(), saying(completion()));
  await expect(cache.erase('ada')).rejects.toMatchObject({
    code: 'invalidation_failed',
    message: "The user's answers are erased, but not all rows of the ledger; it failed. Try again.",
  });
  expect((await cache.statistics()).store.entries).toBe(0);
  await cache.close();
});

it('the ledger is closed once, after the last event, even if the store fails to close', async () => {
  const clock = fakeClock();
  const { ledger, calls, events } = notingLedger();
  const store = faultyStore({ store: memoryStore({ clock }), clock });
  const cache = createCache({
    ledger,
    clock,
    store: {
      ...store,
      async close() {
        calls.push('store closed');
        throw new Error('busy');
      },
    },
  });
  await cache.ask(ofAda(), saying(completion()));
  const before = events.length;
  await expect(cache.close()).rejects.toThrow('busy');
  await expect(cache.close()).rejects.toThrow('busy');
  expect(calls).toEqual(['store closed', 'close']);
  expect(events.length).toBe(before);
});
