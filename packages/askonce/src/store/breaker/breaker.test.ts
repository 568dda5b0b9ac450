import { describe, expect, it } from 'vitest';
import { ReportedError } from '../../observe/report.ts';
import { type FakeClock, fakeClock } from '../../testing/fake-clock.ts';
import { faultyStore } from '../../testing/faulty-store.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import type { Store } from '../contract.ts';
import { memoryStore } from '../memory/store.ts';
import type { LeaseGrant, Leases } from '../shared.ts';
import { tieredStore } from '../stack/tiered.ts';
import { type BreakerChange, breaker } from './breaker.ts';

function setUp(over: Partial<Store> = {}) {
  const clock = fakeClock();
  const ill = faultyStore({ store: { ...memoryStore({ clock }), name: 'shared', ...over }, clock });
  const changes: string[] = [];
  const onChange = ({ store, side, state }: BreakerChange) => changes.push(`${store} ${side} ${state}`);
  const store = breaker(ill, { clock, onChange });
  const entry = (key: string) => sampleEntry({ key, now: clock.now(), tagDigests: ['aa'] });
  /** What a call comes to, be it an error. */
  const wrong = async (call: () => unknown) => {
    try {
      return await call();
    } catch (error) {
      return error;
    }
  };
  const failing = async (times: number, call: () => unknown) => {
    for (let time = 0; time < times; time++) expect(await wrong(call)).toBeInstanceOf(Error);
  };
  return { clock, ill, changes, store, entry, wrong, failing };
}

/** A turn of the event loop, in which what is late is given up. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a breaker', () => {
  it('a breaker stops calling a store after five failures in a row, and lets one call try after 60 s', async () => {
    const { clock, ill, changes, store, wrong, failing } = setUp();
    ill.fault = 'reject';
    await failing(4, () => store.get('k'));
    ill.fault = 'sound';
    expect(await store.get('k')).toBe(undefined);
    ill.fault = 'reject';
    await failing(5, () => store.get('k'));
    expect(store.states()).toEqual({ reads: 'open', writes: 'closed' });

    ill.fault = 'sound';
    const before = ill.calls;
    clock.advance(59_999);
    expect(await wrong(() => store.get('k'))).toBeInstanceOf(ReportedError);
    expect(ill.calls).toBe(before);

    ill.fault = 'hang';
    clock.advance(1);
    const trial = wrong(() => store.getMany(['k']));
    expect(store.states().reads).toBe('half-open');
    await failing(3, () => store.get('k'));
    expect(ill.calls).toBe(before + 1);
    clock.advance(50);
    expect(await trial).toMatchObject({ code: 'store_failed' });
    expect(store.states().reads).toBe('open');

    ill.fault = 'sound';
    clock.advance(60_000);
    expect(await store.get('k')).toBe(undefined);
    expect(store.states().reads).toBe('closed');
    expect(changes).toEqual(
      ['open', 'half-open', 'open', 'half-open', 'closed'].map((state) => `shared reads ${state}`),
    );
  });

  it('a breaker counts reads and writes separately, and a failed write as a failure', async () => {
    const { store, entry, failing, wrong } = setUp({ set: () => 'failed' });
    for (let time = 0; time < 5; time++) expect(await store.set(entry('k'))).toBe('failed');
    expect(store.states()).toEqual({ reads: 'closed', writes: 'open' });
    await failing(1, () => store.setMany([entry('k')]));
    await failing(1, () => store.tags?.add('k', ['bb'], 1));
    expect(await wrong(() => store.get('k'))).toBe(undefined);
  });

  it('a breaker that refuses writes notes no hits, which the store would write', async () => {
    const noted: string[] = [];
    const noteHit = (key: string) => void noted.push(key);
    const { clock, ill, store, entry, failing } = setUp({ noteHit });
    store.noteHit?.('before');
    ill.fault = 'reject';
    await failing(5, () => store.set(entry('k')));
    store.noteHit?.('meanwhile');
    ill.fault = 'sound';
    clock.advance(60_000);
    await store.set(entry('k'));
    store.noteHit?.('after');
    expect(noted).toEqual(['before', 'after']);
  });

  it('a breaker does not count a refused write as a failure', async () => {
    const { clock, store } = setUp();
    const past = sampleEntry({ key: 'k', now: 0, expires: clock.now() - 1 });
    for (let time = 0; time < 9; time++) expect(await store.set(past)).toBe('expired');
    expect(store.states().writes).toBe('closed');
  });

  it('a breaker always passes on deletions, searches, scans and the log', async () => {
    const { ill, store, entry, failing } = setUp();
    for (const key of ['a', 'b', 'c']) await store.set(entry(key));
    ill.fault = 'throw';
    await failing(5, () => store.get('a'));
    await failing(5, () => store.set(entry('a')));
    expect(store.states()).toEqual({ reads: 'open', writes: 'open' });
    await failing(2, () => store.delete('a'));
    ill.fault = 'sound';
    expect(await store.delete('a')).toBe(true);
    expect(await store.deleteMany(['a', 'b'])).toBe(1);
    const found: string[] = [];
    for await (const { keys } of store.tags?.find({ clauses: [['aa']] }) ?? []) found.push(...keys);
    for await (const keys of store.scan?.keys('*') ?? []) found.push(...keys);
    expect(found).toEqual(['c', 'c']);
    expect((await store.shared?.log?.append([{ id: 'a', what: '{}' }], 0))?.last).toBe(1);
  });

  it('a breaker that refuses reads also refuses requests to lead or follow, but never the calls of a leader', async () => {
    const calls: string[] = [];
    const lost = async (call: string) => {
      calls.push(call);
      throw new Error('connection lost');
    };
    const { ill, store, failing } = setUp({
      shared: {
        leases: {
          take: () => lost('take'),
          renew: () => lost('renew'),
          release: () => lost('release'),
        },
        following: {
          inbox: 'me',
          ask: () => lost('ask'),
          onAsked: () => () => {},
          publish: () => lost('publish'),
          async *follow() {
            yield [];
            await lost('follow');
          },
        },
      },
    });
    const { leases, following } = store.shared ?? {};
    const follow = async () => {
      for await (const _frames of following?.follow('k', '', 'id', 10, AbortSignal.any([])) ?? []);
    };
    await failing(1, follow);
    await failing(3, () => leases?.take('k', '', 'me/1', { leaseMs: 1, deadAfterMs: 1 }));
    await failing(2, () => following?.ask('other', 'k', ''));
    expect(store.states().reads).toBe('open');
    calls.length = 0;
    await failing(1, () => leases?.take('k', '', 'me/1', { leaseMs: 1, deadAfterMs: 1 }));
    await failing(1, () => following?.ask('other', 'k', ''));
    await failing(1, follow);
    await failing(1, () => leases?.renew('k', '', 'me/1', 1));
    await failing(1, () => leases?.release('k', '', 'me/1'));
    await failing(1, () => following?.publish('k', '', 'id', [], 1));
    expect(calls).toEqual(['renew', 'release', 'publish']);
    expect(ill.calls).toBe(0);
  });

  it('a breaker counts marks with reads and writes, but always passes on a removal', async () => {
    const removed: string[] = [];
    const { store, failing } = setUp({
      shared: {
        marks: {
          get: () => Promise.reject(new Error('lost')),
          put: () => Promise.reject(new Error('lost')),
          remove: (name) => {
            removed.push(name);
          },
        },
      },
    });
    await failing(5, () => store.shared?.marks?.get('m'));
    await failing(5, () => store.shared?.marks?.put('m', 1));
    expect(store.states()).toEqual({ reads: 'open', writes: 'open' });
    await store.shared?.marks?.remove('m');
    expect(removed).toEqual(['m']);
  });

  it('a breaker counts simultaneous failures once, so that one stall does not open it', async () => {
    const { clock, ill, changes, store, wrong, failing } = setUp();
    for (let stall = 1; stall <= 5; stall++) {
      expect(store.states().reads).toBe('closed');
      ill.fault = 'delay';
      const early = Array.from({ length: 16 }, () => wrong(() => store.get('k')));
      clock.advance(30);
      const during = Array.from({ length: 16 }, () => wrong(() => store.get('k')));
      clock.advance(20);
      await Promise.all(early);
      clock.advance(30);
      for (const error of await Promise.all([...early, ...during]))
        expect(error).toMatchObject({ code: 'store_failed' });
    }
    expect([store.states().reads, changes]).toEqual(['open', ['shared reads open']]);
    expect(ill.calls).toBe(5 * 32);

    const other = setUp();
    other.ill.fault = 'reject';
    await Promise.all(Array.from({ length: 32 }, () => other.failing(1, () => other.store.get('k'))));
    expect(other.store.states().reads).toBe('closed');
    await other.failing(4, () => other.store.get('k'));
    expect(other.store.states().reads).toBe('open');
    await failing(1, () => store.get('k'));
  });

  it('a breaker tries a store that reports its recovery at once, and any other after 60 s', async () => {
    const recovery: (() => void)[] = [];
    const { clock, ill, changes, store, entry, failing } = setUp({
      onRecovered(listener) {
        recovery.push(listener);
        return () => {};
      },
    });
    ill.fault = 'reject';
    await failing(5, () => store.get('k'));
    await failing(5, () => store.set(entry('k')));
    ill.fault = 'sound';
    clock.advance(59_999);
    await failing(1, () => store.get('k'));
    for (const recovered of recovery) recovered();
    expect(await store.get('none')).toBe(undefined);
    expect(await store.set(entry('k'))).toBe('stored');
    expect(store.states()).toEqual({ reads: 'closed', writes: 'closed' });
    expect(changes.slice(2)).toEqual([
      'shared reads half-open',
      'shared reads closed',
      'shared writes half-open',
      'shared writes closed',
    ]);

    ill.fault = 'reject';
    for (const recovered of recovery) recovered();
    await failing(5, () => store.get('k'));
    ill.fault = 'sound';
    await failing(1, () => store.get('k'));
  });

  it('a trial that was on its way when the store recovered does not keep the breaker open', async () => {
    const recovery: (() => void)[] = [];
    const { clock, ill, store, wrong, failing } = setUp({
      onRecovered(listener) {
        recovery.push(listener);
        return () => {};
      },
    });
    ill.fault = 'reject';
    await failing(5, () => store.get('k'));
    clock.advance(60_000);
    ill.fault = 'hang';
    const trial = wrong(() => store.get('k'));
    for (const recovered of recovery) recovered();
    clock.advance(50);
    expect(await trial).toBeInstanceOf(Error);
    ill.fault = 'sound';
    expect(await store.get('k')).toBe(undefined);
    expect(store.states().reads).toBe('closed');
  });

  it('no call in progress when a breaker opens is its trial or opens it again', async () => {
    const { clock, ill, changes, store, wrong, failing } = setUp();
    ill.fault = 'delay';
    const early = Array.from({ length: 20 }, () => wrong(() => store.get('k')));
    ill.fault = 'reject';
    await failing(5, () => store.get('k'));
    clock.advance(50);
    await turn();
    clock.advance(1_000);
    for (const error of await Promise.all(early)) expect(error).toMatchObject({ code: 'store_failed' });
    expect([store.states().reads, changes]).toEqual(['open', ['shared reads open']]);
  });

  it.each([
    ['late', 200],
    ['in time', 10],
  ])(
    'a breaker opens on five slow reads in a row, even if leases asked for between them are granted %s',
    async (_, grantedMs) => {
      const clock = fakeClock();
      const take = () =>
        new Promise<LeaseGrant>((resolve) => {
          clock.schedule(() => resolve({ held: true, number: 1 }), grantedMs);
        });
      const { store, failing, granted } = leased(clock, take);
      for (let time = 1; time <= 5 && store.states().reads === 'closed'; time++) {
        const reading = failing(() => store.get('k'));
        clock.advance(50);
        await reading;
        if (time < 5) await askForLease(store, clock, granted);
      }
      expect(store.states().reads).toBe('open');
      clock.advance(200);
      await turn();
      // The caller went on without the mark after 50 ms, and learns of it all the same.
      expect(granted.length).toBeGreaterThanOrEqual(2);
    },
  );

  it('a breaker opens on late leases alone', async () => {
    const clock = fakeClock();
    const { store, granted } = leased(clock, () => new Promise<LeaseGrant>(() => {}));
    for (let time = 0; time < 5; time++) {
      expect(store.states().reads).toBe('closed');
      await askForLease(store, clock, granted);
    }
    expect(store.states().reads).toBe('open');
  });
});

/** A breaker over a store whose reads are slow, and which grants leases by `take`. */
function leased(clock: FakeClock, take: Leases['take']) {
  const leases = { take, renew: () => Promise.resolve(true), release: () => Promise.resolve(true) };
  const ill = faultyStore({ store: { ...memoryStore({ clock }), shared: { leases } }, clock, delayMs: 200 });
  ill.fault = 'delay';
  const failing = async (call: () => unknown) => {
    await expect(call()).rejects.toThrow('more than 50 ms');
  };
  return { store: breaker(ill, { clock }), failing, granted: [] as LeaseGrant[] };
}

/** Asks, unless it is turned away, and waits for as long as a store may take. */
async function askForLease(store: Store, clock: FakeClock, granted: LeaseGrant[]): Promise<void> {
  void store.shared?.leases
    ?.take('k', '', 'me/1', { leaseMs: 1, deadAfterMs: 1 })
    .then((grant) => granted.push(grant))
    .catch(() => {});
  for (const ms of [10, 40]) {
    clock.advance(ms);
    await turn();
  }
}

describe('a stack over a breaker', () => {
  function stack() {
    const parts = setUp();
    const { clock } = parts;
    const troubles: string[] = [];
    const onTrouble = ({ message }: { message: string }) => troubles.push(message);
    const upper = memoryStore({ clock });
    const store = tieredStore({ upper, lower: parts.store, clock, onTrouble });
    /** What a lookup comes to, and how many milliseconds it is waited for. */
    const look = async (key: string) => {
      const began = clock.monotonic();
      let outcome: unknown;
      const looking = parts.wrong(() => store.get(key)).then((found) => (outcome = { found }));
      await turn();
      while (outcome === undefined) {
        clock.advance(10);
        await turn();
      }
      await looking;
      return clock.monotonic() - began;
    };
    return { ...parts, lowerBreaker: parts.store, upper, store, troubles, look };
  }

  it('a stack over a breaker loses its budget five times to a slow tier, then nothing for 60 s, then once', async () => {
    const { clock, ill, troubles, look } = stack();
    ill.fault = 'hang';
    for (let time = 0; time < 5; time++) expect(await look('k')).toBe(50);
    for (let time = 0; time < 20; time++) expect(await look('k')).toBe(0);
    expect([ill.calls, troubles.length]).toEqual([5, 5]);
    clock.advance(60_000);
    const both = [look('k'), look('k')];
    expect(await both[1]).toBeLessThanOrEqual(50);
    expect(await both[0]).toBe(50);
    expect([ill.calls, troubles.length]).toEqual([6, 6]);
    ill.fault = 'sound';
    clock.advance(60_000);
    expect(await look('k')).toBe(0);
    expect([ill.calls, troubles.length]).toEqual([7, 6]);
  });

  it('a stack over an open breaker answers from memory and stores there', async () => {
    const { ill, store, entry, lowerBreaker, failing } = stack();
    ill.fault = 'reject';
    await failing(5, () => lowerBreaker.get('x'));
    await failing(5, () => lowerBreaker.set(entry('x')));
    expect(await store.set(entry('k'))).toBe('stored');
    expect((await store.get('k'))?.tier).toBe('memory');
    expect((await store.getMany(['k', 'none'])).map((found) => found?.entry.key)).toEqual(['k', undefined]);
    await failing(1, () => store.getMany(['none']));
  });
});
