/** A ledger's store in memory: the shortest that keeps the contract, for tests of what is built on it. */
import type {
  CounterChange,
  CounterQuery,
  LedgerBatch,
  LedgerRow,
  LedgerStore,
  MaintenanceRun,
  PatternChange,
  Retention,
  TagChange,
} from '../../packages/askonce/src/ledger/contract.ts';
import {
  clocksDifferMs,
  dimensionNames,
  patternDimensions,
  storedRuns,
} from '../../packages/askonce/src/ledger/contract.ts';
import { addCounts, noCounts } from '../../packages/askonce/src/ledger/counts.ts';
import { addDurations, noDurations } from '../../packages/askonce/src/ledger/durations.ts';
import { soundBatch, soundText } from '../../packages/askonce/src/ledger/sound-batch.ts';

/** What the handles on one ledger share. */
export interface LedgerMemory {
  readonly writers: Map<string, number>;
  readonly erasures: Map<string, number>;
  counters: CounterChange[];
  tags: TagChange[];
  patterns: Map<string, PatternChange>;
  rows: LedgerRow[];
  runs: MaintenanceRun[];
}

export function ledgerMemory(): LedgerMemory {
  const nothing = { counters: [], tags: [], rows: [], runs: [] };
  return { ...nothing, writers: new Map(), erasures: new Map(), patterns: new Map() };
}

/** Bytes that a row, a question and a change of counters count. */
const rowBytes = 500;
const patternBytes = 500;
const counterBytes = 1_000;
const descending = (one: number, other: number) => other - one;

export function memoryLedger(memory = ledgerMemory()): LedgerStore {
  let isClosed = false;
  const open = () => {
    if (isClosed) throw new Error('The ledger is closed.');
  };
  const isErased = (user: string | undefined, at: number) =>
    user !== undefined && at <= (memory.erasures.get(user) ?? Number.NEGATIVE_INFINITY);

  function merge(change: PatternChange): PatternChange {
    const before = memory.patterns.get(change.key);
    const { text: _text, user: _user, ...rest } = change;
    const known =
      isErased(change.user, (change.textAt ?? change.lastAsked) - clocksDifferMs) || !change.text
        ? rest
        : change;
    if (before === undefined) return known;
    const named = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== ''));
    return {
      ...before,
      ...named,
      hits: before.hits + change.hits,
      lastAsked: Math.max(before.lastAsked, change.lastAsked),
    };
  }

  function sums<Change, Group extends string>(
    changes: readonly Change[],
    groupOf: (change: Change) => Group,
  ): Map<Group, Change[]> {
    return Map.groupBy(changes, groupOf);
  }

  const bytes = () =>
    memory.rows.length * rowBytes +
    memory.patterns.size * patternBytes +
    memory.counters.length * counterBytes;

  function ranked(): PatternChange[] {
    return [...memory.patterns.values()].toSorted(
      (one, other) => other.hits - one.hits || other.lastAsked - one.lastAsked,
    );
  }

  /** Removes of what is oldest or least asked. False if nothing is left. */
  function removeSome(): boolean {
    const least = ranked().slice(-10);
    const oldest = Math.min(...memory.counters.map(({ bucket }) => bucket));
    if (memory.rows.length > 0)
      memory.rows = memory.rows.toSorted((one, other) => one.at - other.at).slice(10);
    else if (least.length > 0) for (const { key } of least) memory.patterns.delete(key);
    else if (memory.counters.length > 0)
      memory.counters = memory.counters.filter(({ bucket }) => bucket > oldest);
    else return false;
    return true;
  }

  const size = () => ({
    rows: memory.rows.length,
    counters: new Set(memory.counters.map(({ bucket, dimensions }) => JSON.stringify([bucket, dimensions])))
      .size,
    patterns: memory.patterns.size,
    bytes: bytes(),
  });
  const everything = () =>
    size().rows + memory.counters.length + memory.tags.length + size().patterns + memory.runs.length;
  const latestRuns = () => memory.runs.toSorted((one, other) => other.startedAt - one.startedAt);

  return {
    name: 'memory',
    async write(batch: LedgerBatch) {
      open();
      const { writer, sequence, counters, tags, patterns, rows, runs } = soundBatch(batch);
      if (sequence <= (memory.writers.get(writer) ?? 0)) return;
      memory.writers.set(writer, sequence);
      memory.counters.push(...counters);
      memory.tags.push(...tags);
      for (const change of patterns) memory.patterns.set(change.key, merge(change));
      memory.rows.push(...rows.filter(({ user, at }) => !isErased(user, at)));
      memory.runs.push(...runs);
    },
    async counters({ from, to, where, by, limit, durations = true }: CounterQuery) {
      open();
      const wanted = memory.counters.filter(
        ({ bucket, dimensions }) =>
          bucket >= from &&
          bucket < to &&
          dimensionNames.every(
            (name) => where[name] === undefined || soundText(where[name]) === dimensions[name],
          ),
      );
      const groups = sums(wanted, ({ bucket, dimensions }) =>
        by === 'bucket' ? String(bucket) : dimensions[by],
      );
      const found = [...groups].map(([group, changes]) => {
        const sum = { group, counts: noCounts(), hitDurations: noDurations(), missDurations: noDurations() };
        for (const { counts, hitDurations, missDurations } of changes) {
          addCounts(sum.counts, counts);
          if (!durations) continue;
          addDurations(sum.hitDurations, hitDurations);
          addDurations(sum.missDurations, missDurations);
        }
        return sum;
      });
      const inOrder = found.toSorted((one, other) =>
        by === 'bucket'
          ? Number(one.group) - Number(other.group)
          : other.counts.requests - one.counts.requests,
      );
      return inOrder.slice(0, limit);
    },
    async tags({ from, to, limit }) {
      open();
      const wanted = memory.tags.filter(({ bucket }) => bucket >= from && bucket < to);
      const found = [...sums(wanted, ({ tag }) => tag)].map(([tag, changes]) => {
        const sum = (name: 'requests' | 'hits' | 'savedNano') =>
          changes.reduce((total, change) => total + change[name], 0);
        return { tag, requests: sum('requests'), hits: sum('hits'), savedNano: sum('savedNano') };
      });
      return found.toSorted((one, other) => descending(one.requests, other.requests)).slice(0, limit);
    },
    async patterns({ where, limit }) {
      open();
      const fits = (pattern: PatternChange) =>
        patternDimensions.every(
          (name) => where[name] === undefined || soundText(where[name]) === pattern[name],
        );
      const found = ranked().filter((pattern) => pattern.hits > 0 && fits(pattern));
      return found.slice(0, limit).map(({ user: _user, textAt: _textAt, ...pattern }) => pattern);
    },
    async runs(limit) {
      open();
      return latestRuns().slice(0, limit);
    },
    async erase(digest, at) {
      open();
      const user = soundText(digest);
      memory.erasures.set(user, Math.max(at, memory.erasures.get(user) ?? at));
      const rows = memory.rows.filter((row) => row.user === user).length;
      memory.rows = memory.rows.filter((row) => row.user !== user);
      const asked = [...memory.patterns.values()].filter((pattern) => pattern.user === user);
      for (const { text: _text, user: _user, ...rest } of asked) memory.patterns.set(rest.key, rest);
      return rows + asked.length;
    },
    async prune({ rowsSince, countersSince, patternsSince, maxBytes, maxPatterns, texts = true }: Retention) {
      open();
      const before = everything();
      const written = [...memory.patterns.values()].filter(({ text }) => !texts && text !== undefined);
      for (const { text: _text, user: _user, ...rest } of written) memory.patterns.set(rest.key, rest);
      memory.rows = memory.rows.filter(({ at }) => at >= rowsSince);
      memory.counters = memory.counters.filter(({ bucket }) => bucket >= countersSince);
      memory.tags = memory.tags.filter(({ bucket }) => bucket >= countersSince);
      memory.runs = latestRuns()
        .filter(({ startedAt }) => startedAt >= countersSince)
        .slice(0, storedRuns);
      const questions = ranked().filter(({ lastAsked }) => lastAsked >= patternsSince);
      const hit = questions.filter(({ hits }) => hits > 0);
      const others = questions.filter(({ hits }) => hits === 0);
      const left = [...hit, ...others.slice(0, Math.floor(maxPatterns / 2))].slice(0, maxPatterns);
      memory.patterns = new Map(left.map((pattern) => [pattern.key, pattern]));
      for (const [user, at] of memory.erasures)
        if (at < Math.min(rowsSince, patternsSince)) memory.erasures.delete(user);
      while (bytes() > maxBytes && removeSome());
      return before - everything() + written.length;
    },
    async size() {
      open();
      return size();
    },
    async close() {
      isClosed = true;
    },
  };
}
