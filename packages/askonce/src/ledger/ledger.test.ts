import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { AskonceError } from '../errors.ts';
import type { ObservedEvent } from '../observe/events.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { bucketAt, firstBucket, sampleCounter, samplePattern, sampleRow } from '../testing/sample-batch.ts';
import { sampleEntry } from '../testing/sample-entry.ts';
import type { Gathered } from './accounts/books.ts';
import type { LedgerBatch, LedgerStore, Retention } from './contract.ts';
import { type LedgerOptions, openLedger } from './ledger.ts';
import { sqliteLedger } from './sqlite/store.ts';

const nothing: Gathered = { counters: [], tags: [], patterns: [], rows: [], lostRows: 0 };
const request = sampleCounter({ counts: { requests: 1 } });
const all = { from: 0, to: Number.MAX_SAFE_INTEGER, where: {}, by: 'bucket' } as const;

/** Accounts to which a test adds what they hand over next. */
function heldAccounts() {
  let held = nothing;
  let takes = 0;
  const entries: unknown[] = [];
  return {
    add(more: Partial<Gathered>) {
      held = {
        counters: [...held.counters, ...(more.counters ?? [])],
        tags: [...held.tags, ...(more.tags ?? [])],
        patterns: [...held.patterns, ...(more.patterns ?? [])],
        rows: [...held.rows, ...(more.rows ?? [])],
        lostRows: held.lostRows + (more.lostRows ?? 0),
      };
    },
    get takes() {
      return takes;
    },
    entries,
    accounts: {
      keepsText: true,
      observe: () => undefined,
      stored: (entry: unknown) => void entries.push(entry),
      drain: () => Promise.resolve(),
      take() {
        takes += 1;
        const taken = held;
        held = nothing;
        return taken;
      },
    },
  };
}

/** A store that keeps what it is given, and fails while a test says so. */
function recordingStore() {
  const batches: LedgerBatch[] = [];
  const pruned: Retention[] = [];
  const state: { failure: string | undefined; hangs: boolean; applies: boolean } = {
    failure: undefined,
    hangs: false,
    applies: false,
  };
  let closed = 0;
  const store: LedgerStore = {
    name: 'recording',
    async write(batch) {
      if (state.hangs) await new Promise(() => undefined);
      if (state.failure === undefined || state.applies) batches.push(batch);
      if (state.failure !== undefined) throw new Error(state.failure);
    },
    counters: async ({ from, to }) =>
      batches
        .flatMap(({ counters }) => counters)
        .filter(({ bucket }) => bucket >= from && bucket < to)
        .map(({ bucket, ...figures }) => ({ group: String(bucket), ...figures })),
    tags: async () => [],
    patterns: async () => batches.flatMap(({ patterns }) => patterns),
    runs: async () => batches.flatMap(({ runs = [] }) => runs),
    erase: async () => 7,
    async prune(retention) {
      pruned.push(retention);
      return 3;
    },
    size: async () => ({ rows: 0, counters: 0, patterns: 0, bytes: 0 }),
    async close() {
      closed += 1;
    },
  };
  return {
    store,
    batches,
    pruned,
    state,
    get closed() {
      return closed;
    },
  };
}

function setUp(options: Partial<LedgerOptions> = {}) {
  const clock = fakeClock(firstBucket);
  const held = heldAccounts();
  const recording = recordingStore();
  const events: ObservedEvent[] = [];
  const ledger = openLedger({
    accounts: held.accounts,
    store: recording.store,
    clock,
    observe: (event) => void events.push(event),
    ...options,
  });
  /** Moves time on in steps, in each of which everything happens that is due. */
  async function pass(ms: number, stepMs = ms): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      clock.advance(Math.min(stepMs, ms - passed));
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  }
  return { clock, held, recording, events, ledger, pass };
}

describe('a ledger', () => {
  it('a batch is written every second, and none if there is nothing to write', async () => {
    const { held, recording, pass } = setUp();
    await pass(3_000, 1_000);
    expect(recording.batches).toEqual([]);
    held.add({ counters: [request], rows: [sampleRow()] });
    await pass(999);
    expect(recording.batches).toEqual([]);
    await pass(1);
    expect(recording.batches).toMatchObject([{ sequence: 1, at: firstBucket + 4_000, counters: [request] }]);
    held.add({ counters: [request] });
    await pass(1_000);
    expect(recording.batches).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);
    expect(new Set(recording.batches.map(({ writer }) => writer)).size).toBe(1);
  });

  it('two ledgers are two writers', async () => {
    const [one, other] = [setUp(), setUp()];
    for (const { held, ledger } of [one, other]) {
      held.add({ counters: [request] });
      await ledger.flush();
    }
    expect(one.recording.batches[0]?.writer).not.toBe(other.recording.batches[0]?.writer);
  });

  it('a failed batch waits unchanged, and accounts are not asked for more until it is written', async () => {
    const { held, recording, ledger, pass } = setUp();
    held.add({ counters: [request] });
    recording.state.failure = 'the disk is full';
    await pass(1_000);
    expect(ledger.health).toMatchObject({
      status: 'degraded',
      pendingBatch: true,
      message: 'the disk is full',
    });
    const { takes } = held;
    held.add({ counters: [request, request] });
    await pass(600_000, 1_000);
    expect(held.takes).toBe(takes);
    recording.state.failure = undefined;
    await pass(60_000, 1_000);
    expect(recording.batches.map(({ sequence, counters }) => [sequence, counters.length])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(ledger.health).toMatchObject({ status: 'ok', pendingBatch: false, lostRows: 0 });
  });

  it('a batch that was applied before its connection broke is written again with the same number and content', async () => {
    const { held, recording, pass } = setUp();
    held.add({ counters: [request], rows: [sampleRow()] });
    Object.assign(recording.state, { failure: 'the connection broke', applies: true });
    await pass(1_000);
    recording.state.failure = undefined;
    await pass(5_000, 1_000);
    const [first, second] = recording.batches;
    expect(recording.batches).toHaveLength(2);
    expect(second).toEqual(first);
  });

  it('pauses between attempts grow to a minute', async () => {
    const { held, recording, pass, clock } = setUp();
    held.add({ counters: [request] });
    const attempts: number[] = [];
    const { write } = recording.store;
    recording.state.failure = 'down';
    recording.store.write = (batch) => {
      attempts.push(clock.monotonic());
      return write(batch);
    };
    await pass(1_200_000, 500);
    const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60_500);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...pauses.slice(-12))).toBeGreaterThan(10_000);
  });

  it('much that was gathered is cut into batches, in which each part occurs once', async () => {
    const { held, recording, ledger } = setUp();
    const rows = Array.from({ length: 1_234 }, (_none, index) => sampleRow({ requestId: `r${index}` }));
    const patterns = Array.from({ length: 700 }, (_none, index) => samplePattern(`k${index}`));
    held.add({ rows, patterns, counters: [request] });
    await ledger.flush();
    expect(recording.batches.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(recording.batches.flatMap((batch) => batch.rows)).toEqual(rows);
    expect(recording.batches.flatMap((batch) => batch.patterns)).toEqual(patterns);
    expect(recording.batches.flatMap((batch) => batch.counters)).toEqual([request]);
  });

  it('trouble that lasts is reported once a minute, with all rows that were lost', async () => {
    const { held, recording, events, ledger, pass } = setUp();
    recording.state.failure = 'down';
    held.add({ counters: [request], lostRows: 5 });
    await pass(59_000, 500);
    expect(events).toEqual([
      {
        type: 'ledger-trouble',
        ledger: 'recording',
        message: expect.stringContaining('5 rows'),
        lostRows: 5,
      },
    ]);
    await pass(600_000, 500);
    expect(events.length).toBeGreaterThan(5);
    expect(events.length).toBeLessThan(12);
    recording.state.failure = undefined;
    held.add({ lostRows: 2 });
    await pass(120_000, 500);
    held.add({ lostRows: 3 });
    await pass(120_000, 500);
    const lost = events.map((event) => (event.type === 'ledger-trouble' ? event.lostRows : 0));
    expect(lost.reduce((sum, rows) => sum + rows, 0)).toBe(10);
    expect(ledger.health.lostRows).toBe(10);
  });

  it('a listener that the cache names later hears of trouble, too', async () => {
    const { held, recording, ledger, pass } = setUp();
    const events: ObservedEvent[] = [];
    ledger.reportTo?.((event) => void events.push(event));
    recording.state.failure = 'down';
    held.add({ counters: [request] });
    await pass(1_000);
    expect(events).toMatchObject([{ type: 'ledger-trouble', message: expect.stringContaining('down') }]);
  });

  it('a store that does not answer is reported and degraded, and queries go on without the flush', async () => {
    const { held, recording, ledger, events, pass } = setUp();
    recording.state.hangs = true;
    held.add({ counters: [request] });
    await pass(1_000);
    expect(ledger.health.status).toBe('ok');
    const answer = ledger.counters(all);
    await pass(10_001, 100);
    expect(ledger.health).toMatchObject({ status: 'degraded', message: 'The store does not answer.' });
    expect(events).toMatchObject([{ message: expect.stringContaining('10 seconds') }]);
    await new Promise(setImmediate);
    expect(await answer).toEqual([]);
  });

  it('a query, an erasure and a flush come after all that was reported before', async () => {
    const { held, ledger, recording } = setUp();
    held.add({ counters: [request] });
    expect(await ledger.counters(all)).toHaveLength(1);
    held.add({ patterns: [samplePattern('k1')] });
    expect(await ledger.patterns({ where: {}, limit: 1 })).toHaveLength(1);
    held.add({ rows: [sampleRow()] });
    expect(await ledger.erase('u1')).toBe(7);
    expect(recording.batches).toHaveLength(3);
  });

  it('a flush during a flush writes what was reported since the first began', async () => {
    const { held, ledger, recording } = setUp();
    held.add({ counters: [request] });
    const first = ledger.flush();
    await Promise.resolve();
    await Promise.resolve();
    held.add({ counters: [request] });
    await ledger.flush();
    await first;
    expect(recording.batches.flatMap(({ counters }) => counters)).toHaveLength(2);
  });

  it('an erasure fails while rows of the user may still wait, and a query answers what is stored', async () => {
    const { held, ledger, recording } = setUp();
    held.add({ counters: [request] });
    await ledger.flush();
    recording.state.failure = 'locked';
    held.add({ rows: [sampleRow({ user: 'u1' })] });
    await expect(ledger.erase('u1')).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringContaining('locked'),
    });
    await expect(ledger.flush()).rejects.toMatchObject({ code: 'store_failed' });
    expect(await ledger.counters(all)).toHaveLength(1);
  });

  it('closing writes what is left, closes the store once, and ends the flushes', async () => {
    const { held, ledger, recording, pass, events } = setUp();
    held.add({ counters: [request] });
    await Promise.all([ledger.close(), ledger.close()]);
    expect(recording.batches).toHaveLength(1);
    expect(recording.closed).toBe(1);
    held.add({ counters: [request] });
    await pass(10_000, 500);
    expect(recording.batches).toHaveLength(1);
    expect(events).toEqual([]);
  });

  it('closing reports what could not be written', async () => {
    const { held, ledger, recording, events } = setUp();
    recording.state.failure = 'down';
    held.add({ rows: [sampleRow(), sampleRow()] });
    await ledger.close();
    expect(recording.closed).toBe(1);
    const lost = events.map((event) => (event.type === 'ledger-trouble' ? event.lostRows : 0));
    expect(lost.reduce((sum, rows) => sum + rows, 0)).toBe(2);
    expect(ledger.health.lostRows).toBe(2);
  });

  it('closing with a batch that failed reports since when figures are missing, and all rows of it and behind it', async () => {
    const { held, ledger, recording, pass, events } = setUp();
    held.add({ counters: [request] });
    await pass(1_000);
    recording.state.failure = 'down';
    await pass(120_000, 1_000);
    held.add({ counters: [request], rows: [sampleRow()] });
    await pass(120_000, 1_000);
    held.add({ counters: [request], rows: [sampleRow(), sampleRow()] });
    await ledger.close();
    expect(ledger.health.lostRows).toBe(3);
    const last = events.at(-1);
    expect(last).toMatchObject({
      type: 'ledger-trouble',
      message:
        'The ledger was closed before all could be written: the figures since 2030-01-01 00:00 UTC are missing in it.',
      lostRows: 3,
    });
  });

  it('closing reports figures that are missing though no row is lost, and nothing where all is written', async () => {
    for (const failure of ['down', undefined]) {
      const { held, ledger, recording, events } = setUp();
      recording.state.failure = failure;
      held.add({ counters: [request] });
      await ledger.close();
      const reports = events.filter(
        (event) => event.type === 'ledger-trouble' && event.message.includes('figures since'),
      );
      expect(reports).toHaveLength(failure === undefined ? 0 : 1);
    }
  });

  describe('whose store refuses a batch for what it contains', () => {
    const poison = sampleRow({ requestId: 'poison' });

    /** A ledger whose store refuses what `isRefused` says. */
    function refusing(isRefused: (batch: LedgerBatch) => boolean) {
      const parts = setUp();
      const { write } = parts.recording.store;
      parts.recording.store.write = async (batch) => {
        if (isRefused(batch)) throw new AskonceError('batch_refused', 'value out of range');
        await write(batch);
      };
      const hits = () =>
        parts.recording.batches
          .flatMap(({ counters }) => counters)
          .reduce((sum, { counts }) => sum + counts.hits, 0);
      const hit = (number: number) => sampleCounter({ counts: { hits: number } });
      return { ...parts, hits, hit };
    }
    const isPoison = ({ rows }: LedgerBatch) => rows.some(({ requestId }) => requestId === 'poison');

    it('sets it aside, reports it, and writes what is behind it, once', async () => {
      const { held, ledger, pass, events, hits, hit } = refusing(isPoison);
      held.add({ counters: [hit(1)], rows: [poison, sampleRow()] });
      await pass(1_000);
      held.add({ counters: [hit(20)] });
      await pass(180_000, 500);
      held.add({ counters: [hit(300)] });
      await pass(1_000, 500);
      expect(hits()).toBe(320);
      expect(ledger.health).toMatchObject({ status: 'ok', pendingBatch: false, lostRows: 2 });
      const lost = events.map((event) => (event.type === 'ledger-trouble' ? event.lostRows : 0));
      expect(lost.reduce((sum, rows) => sum + rows, 0)).toBe(2);
      expect(events).toContainEqual(
        expect.objectContaining({ message: expect.stringMatching(/set aside.*value out of range/) }),
      );
    });

    it('sets several in a row aside', async () => {
      const { held, pass, hits, hit } = refusing(isPoison);
      held.add({ rows: [poison] });
      await pass(1_000);
      held.add({ rows: [poison] });
      await pass(180_000, 500);
      held.add({ counters: [hit(7)] });
      await pass(180_000, 500);
      expect(hits()).toBe(7);
    });

    it('gives up nothing as long as the store refuses every batch', async () => {
      let isBroken = true;
      const { held, ledger, pass, hits, hit } = refusing(() => isBroken);
      for (const number of [1, 20, 300]) {
        held.add({ counters: [hit(number)], rows: [sampleRow()] });
        await pass(120_000, 500);
      }
      isBroken = false;
      await pass(120_000, 500);
      expect(hits()).toBe(321);
      expect(ledger.health.lostRows).toBe(0);
    });

    it('waits for a connection or a lock as long as it takes', async () => {
      const { held, ledger, recording, pass, hits, hit } = refusing(() => false);
      recording.state.failure = 'down';
      held.add({ counters: [hit(1)], rows: [sampleRow()] });
      await pass(600_000, 1_000);
      held.add({ counters: [hit(20)] });
      await pass(600_000, 1_000);
      recording.state.failure = undefined;
      await pass(120_000, 500);
      expect(hits()).toBe(21);
      expect(ledger.health.lostRows).toBe(0);
    });
  });

  it('closing ends within its time though the store never answers', async () => {
    const { held, ledger, recording, pass } = setUp();
    recording.state.hangs = true;
    held.add({ rows: [sampleRow()] });
    const closed = ledger.close();
    await pass(5_000, 500);
    await new Promise(setImmediate);
    await closed;
    expect(recording.closed).toBe(1);
  });

  it('a ledger hands events and entries to its accounts', () => {
    const { ledger, held } = setUp();
    const entry = sampleEntry({ key: 'k1' });
    ledger.stored(entry);
    expect(held.entries).toEqual([entry]);
    expect(ledger.observe).toBe(held.accounts.observe);
    expect(ledger.name).toBe('recording');
  });

  it.each([
    { flushMs: 0 },
    { flushMs: 1.5 },
    { retention: { rowDays: 0 } },
    { retention: { maxBytes: 10 } },
    { retention: { counterMonths: Number.NaN } },
  ])('the options %j are refused', (options) => {
    expect(() => setUp(options)).toThrowError(expect.objectContaining({ code: 'invalid_settings' }));
  });
});

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('the retention of a ledger', () => {
  it('what a ledger keeps is pruned a minute after the first batch, and every hour', async () => {
    const { held, recording, pass } = setUp();
    await pass(hourMs - 1_000, 60_000);
    expect(recording.pruned).toEqual([]);
    held.add({ counters: [request] });
    await pass(1_000, 500);
    expect(recording.pruned).toHaveLength(1);
    await pass(60_000, 1_000);
    expect(recording.pruned).toHaveLength(2);
    await pass(5 * hourMs, 60_000);
    expect(recording.pruned).toHaveLength(7);
  });

  it('what a ledger keeps is pruned after each 20 000 questions and rows that it writes', async () => {
    const { held, recording, ledger, pass } = setUp();
    const prunedAfter = async (more: Partial<Gathered>) => {
      held.add(more);
      await ledger.flush();
      await pass(1);
      return recording.pruned.length;
    };
    const patterns = Array.from({ length: 10_000 }, (_none, index) => samplePattern(`k${index}`));
    expect(await prunedAfter({ patterns })).toBe(0);
    expect(await prunedAfter({ patterns: patterns.slice(1) })).toBe(0);
    expect(await prunedAfter({ rows: [sampleRow()] })).toBe(1);
    expect(await prunedAfter({ rows: [sampleRow()] })).toBe(1);
    await ledger.close();
  });

  it('what a ledger keeps is rows of 90 days and counters of 25 months, 1 GB and 100 000 questions', async () => {
    const { recording, ledger, clock } = setUp();
    clock.setNow(Date.UTC(2030, 4, 20, 12));
    expect(await ledger.prune()).toBe(3);
    expect(recording.pruned).toEqual([
      {
        rowsSince: Date.UTC(2030, 4, 20, 12) - 90 * dayMs,
        countersSince: Date.UTC(2028, 3, 20, 12),
        patternsSince: Date.UTC(2028, 3, 20, 12),
        maxBytes: 2 ** 30,
        maxPatterns: 100_000,
        texts: true,
      },
    ]);
  });

  it('where accounts store no texts, those of before are in no answer, and go with the next pruning', async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    const before = sqliteLedger({ path });
    const patterns = [samplePattern('k1', { text: 'What is a lease?' })];
    await before.write({ ...nothing, writer: 'before', sequence: 1, at: firstBucket, patterns });
    const { accounts } = heldAccounts();
    const store = sqliteLedger({ path });
    const ledger = openLedger({ accounts: { ...accounts, keepsText: false }, store });
    onTestFinished(async () => {
      await ledger.close();
      await before.close();
    });
    const query = { where: {}, limit: 9 };
    expect(await ledger.patterns(query)).toEqual([samplePattern('k1')]);
    expect(await store.patterns(query)).toEqual(patterns);
    expect(await ledger.prune()).toBe(1);
    expect(await store.patterns(query)).toEqual([samplePattern('k1')]);
  });

  it('what a ledger keeps is what the options say', async () => {
    const { recording, ledger } = setUp({
      retention: { rowDays: 7, counterMonths: 1, maxBytes: 2_000_000, maxPatterns: 5 },
    });
    await ledger.prune();
    expect(recording.pruned).toEqual([
      {
        rowsSince: firstBucket - 7 * dayMs,
        countersSince: Date.UTC(2029, 11, 1),
        patternsSince: Date.UTC(2029, 11, 1),
        maxBytes: 2_000_000,
        maxPatterns: 5,
        texts: true,
      },
    ]);
  });

  it('what a ledger keeps on the last day of a long month reaches back to the last day of a shorter one', async () => {
    const { recording, ledger, clock } = setUp({ retention: { counterMonths: 1 } });
    for (const [now, since] of [
      ['2030-03-31T10:00:00Z', '2030-02-28T10:00:00Z'],
      ['2032-03-30T10:00:00Z', '2032-02-29T10:00:00Z'],
      ['2030-01-31T10:00:00Z', '2029-12-31T10:00:00Z'],
    ] as const) {
      clock.setNow(Date.parse(now));
      await ledger.prune();
      expect(recording.pruned.at(-1)?.countersSince).toBe(Date.parse(since));
    }
  });

  /** Whether age is believed: then something is too old. */
  const isByAge = ({ pruned }: { readonly pruned: readonly Retention[] }) =>
    (pruned.at(-1)?.countersSince ?? 0) > 0;

  it('what a ledger keeps is not removed by age for a day after a start with a clock that is years ahead, and that is reported', async () => {
    const { held, recording, ledger, clock, events, pass } = setUp();
    held.add({ counters: [sampleCounter({ bucket: bucketAt(-9_000) })] });
    await ledger.flush();
    clock.setNow(firstBucket + 9 * 365 * dayMs);
    held.add({ counters: [sampleCounter({ bucket: clock.now() })] });
    await ledger.flush();
    await ledger.prune();
    expect(isByAge(recording)).toBe(false);
    expect(recording.pruned.at(-1)).toMatchObject({ rowsSince: 0, patternsSince: 0, maxBytes: 2 ** 30 });
    expect(events).toMatchObject([{ message: expect.stringContaining('Check the clock') }]);
    await pass(23 * hourMs, hourMs);
    expect(isByAge(recording)).toBe(false);
    await pass(2 * hourMs, hourMs);
    expect(isByAge(recording)).toBe(true);
  });

  it('what a ledger keeps is not removed by age after a jump of the clock by years, and is again once it is set back', async () => {
    const { held, recording, ledger, clock, pass } = setUp();
    held.add({ counters: [sampleCounter({ bucket: bucketAt(-200) })] });
    await ledger.flush();
    await pass(2 * dayMs, hourMs);
    expect(isByAge(recording)).toBe(true);
    clock.setNow(clock.now() + 30 * 365 * dayMs);
    await pass(5 * hourMs, hourMs);
    expect(isByAge(recording)).toBe(false);
    clock.setNow(clock.now() - 30 * 365 * dayMs);
    await pass(hourMs);
    expect(isByAge(recording)).toBe(true);
  });

  it('what a ledger keeps is not removed by age if a wrong clock has written for less than a day before a restart', async () => {
    const { recording } = setUp();
    const wrong = firstBucket + 9 * 365 * dayMs;
    recording.batches.push(
      { writer: 'w', sequence: 1, at: 0, tags: [], patterns: [], rows: [], counters: [sampleCounter()] },
      {
        writer: 'w',
        sequence: 2,
        at: 0,
        tags: [],
        patterns: [],
        rows: [],
        counters: [sampleCounter({ bucket: wrong - 2 * hourMs })],
      },
    );
    const restarted = setUp({ store: recording.store });
    restarted.clock.setNow(wrong);
    await restarted.ledger.prune();
    expect(isByAge(recording)).toBe(false);
  });

  it('what a ledger keeps is removed by age where there is nothing old, and where there is data of the last week', async () => {
    const empty = setUp();
    await empty.ledger.prune();
    expect(isByAge(empty.recording)).toBe(true);
    const { held, recording, ledger, clock } = setUp();
    held.add({ counters: [sampleCounter({ bucket: bucketAt(-90_000) }), sampleCounter()] });
    await ledger.flush();
    clock.setNow(firstBucket + 3 * dayMs);
    await ledger.prune();
    expect(isByAge(recording)).toBe(true);
  });

  it('a store that cannot be pruned is reported, and pruned an hour later', async () => {
    const { recording, events, pass } = setUp();
    const { prune } = recording.store;
    recording.store.prune = () => Promise.reject(new Error('locked'));
    await pass(hourMs, 60_000);
    expect(events).toMatchObject([{ message: 'The ledger could not be pruned: locked' }]);
    recording.store.prune = prune;
    await pass(hourMs, 60_000);
    expect(recording.pruned).toHaveLength(1);
  });
});

it('a ledger over a file keeps what was reported across a restart', async () => {
  const path = join(temporaryFolder(), 'ledger.db');
  const open = () => {
    const held = heldAccounts();
    return { held, ledger: openLedger({ accounts: held.accounts, store: sqliteLedger({ path }) }) };
  };
  const first = open();
  first.held.add({ counters: [request] });
  await first.ledger.close();
  const second = open();
  second.held.add({ counters: [request] });
  expect((await second.ledger.counters(all)).map(({ counts }) => counts.requests)).toEqual([2]);
  expect(second.ledger.health).toMatchObject({ status: 'ok', lostRows: 0 });
  await second.ledger.close();
});
