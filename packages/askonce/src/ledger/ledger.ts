/**
 * The durable account of what a cache saves and spends: it takes what the accounts have added up, once a second, and writes
 * it to a store. Nothing here is on a request's path; a store that is down, full or slow costs rows at most.
 */
import { type Clock, systemClock, within } from '../clock.ts';
import type { CacheLedger } from '../contract.ts';
import { AskonceError } from '../errors.ts';
import type { ObservedEvent, Observer } from '../observe/events.ts';
import { messageOf, notify } from '../observe/report.ts';
import type { Accounts } from './accounts/accounts.ts';
import { type LedgerSize, type LedgerStore, withoutTexts } from './contract.ts';
import { checkedRetention, pruning, type RetentionSettings } from './retention.ts';
import { flushing } from './writing/flushing.ts';
import { seldom } from './writing/seldom.ts';

export interface LedgerOptions {
  /** Where they store no texts of questions, answers have none, and those that are stored from before are removed. */
  readonly accounts: Pick<Accounts, 'keepsText' | 'observe' | 'stored' | 'drain' | 'take'>;
  /** Where it is stored. The ledger closes it. */
  readonly store: LedgerStore;
  readonly clock?: Clock | undefined;
  /** Milliseconds between two batches: what a crash loses at most. Default 1 000. */
  readonly flushMs?: number | undefined;
  readonly retention?: Partial<RetentionSettings> | undefined;
  /** Listens to the ledger's own trouble (`ledger-trouble`). A cache that has the ledger listens by itself. */
  readonly observe?: Observer | undefined;
}

export interface LedgerHealth {
  /** `degraded`: the store has failed or does not answer, and what is reported meanwhile waits. */
  readonly status: 'ok' | 'degraded';
  /** Whether a batch waits to be written again. */
  readonly pendingBatch: boolean;
  /** When a batch was last written, in milliseconds since the epoch; absent if none has been. */
  readonly lastFlush?: number | undefined;
  /**
   * Rows that were dropped since the start. Counters are dropped only with a batch that the store refuses for what it
   * contains, and at a close before they could be written; both are reported.
   */
  readonly lostRows: number;
  /** What is wrong. */
  readonly message?: string | undefined;
}

/** The queries are those of the store; each answer has all that was reported before the call, unless the store can't be written. */
export interface Ledger
  extends CacheLedger,
    Pick<LedgerStore, 'name' | 'counters' | 'tags' | 'patterns' | 'runs'> {
  readonly health: LedgerHealth;
  /**
   * Writes what was reported before the call.
   * @throws AskonceError `store_failed` if the store can't be written; that is tried again later.
   */
  flush(): Promise<void>;
  size(): Promise<LedgerSize>;
  /** Removes now what is too old or too much, as happens every hour; resolves with the number of rows, of all tables. */
  prune(): Promise<number>;
}

/** How long a query or an erasure waits for the flush before it, and closing for each of its steps. */
const patienceMs = 5_000;
const hourMs = 3_600_000;
/** Questions and rows that this process has written since it pruned last, after which it does again: some 20 MB. */
const pruneAfter = 20_000;
/** From the first batch to the first pruning: a gateway that has nothing to write does not open its file for that. */
const firstPruningMs = 60_000;

/** @throws AskonceError `invalid_settings` */
export function openLedger({
  accounts,
  store,
  clock = systemClock,
  flushMs = 1_000,
  retention,
  observe,
}: LedgerOptions): Ledger {
  if (!Number.isSafeInteger(flushMs) || flushMs < 1)
    throw new AskonceError('invalid_settings', 'flushMs of a ledger must be a whole number of at least 1.');
  const settings = checkedRetention(retention);
  const observers = new Set<Observer>(observe === undefined ? [] : [observe]);
  const trouble = seldom(clock, (message, lostRows) => {
    const event: ObservedEvent = { type: 'ledger-trouble', ledger: store.name, message, lostRows };
    for (const observer of observers) notify(observer, event);
  });
  const { prune } = pruning({
    store,
    clock,
    settings,
    texts: accounts.keepsText,
    report: (message) => trouble.report(message),
  });
  const cancels = new Set<() => void>();
  let written = 0;
  let closing: Promise<void> | undefined;

  const writing = flushing({
    accounts,
    store,
    clock,
    flushMs,
    trouble,
    onFirstWrite: () => later(pruneByItself, firstPruningMs),
    onWrite({ patterns, rows }) {
      written += patterns.length + rows.length;
      if (written >= pruneAfter) pruneByItself();
    },
  });
  later(pruneEveryHour, hourMs);

  function later(action: () => void, delayMs: number): void {
    if (closing !== undefined) return;
    const cancel = clock.schedule(() => {
      cancels.delete(cancel);
      action();
    }, delayMs);
    cancels.add(cancel);
  }

  function pruneByItself(): void {
    written = 0;
    prune().catch((error: unknown) => {
      if (closing === undefined) trouble.report(`The ledger could not be pruned: ${messageOf(error)}`);
    });
  }

  function pruneEveryHour(): void {
    pruneByItself();
    later(pruneEveryHour, hourMs);
  }

  /** Whether what was reported before is stored, as far as that is known in time. */
  async function flushed(): Promise<boolean> {
    return (await within(clock, patienceMs, writing.flush())) === true;
  }

  async function afterFlush<Answer>(query: () => Promise<Answer>): Promise<Answer> {
    // What is stored is an answer even if the store can't be written.
    await flushed();
    return query();
  }

  async function demandFlush(): Promise<void> {
    if (await flushed()) return;
    const { failure = 'it does not answer' } = writing.state();
    throw new AskonceError('store_failed', `The ledger cannot be written now: ${failure}. Try again later.`);
  }

  async function closeOnce(): Promise<void> {
    for (const cancel of cancels) cancel();
    await flushed();
    await within(clock, patienceMs, writing.stop());
    trouble.close();
    await within(clock, patienceMs, store.close());
  }

  return {
    name: store.name,
    observe: accounts.observe,
    reportTo(observer) {
      observers.add(observer);
    },
    stored: (entry) => accounts.stored(entry),
    get health(): LedgerHealth {
      const { failure, waiting, lastWrite, lostRows } = writing.state();
      return {
        status: failure === undefined ? 'ok' : 'degraded',
        pendingBatch: failure !== undefined && waiting > 0,
        ...(lastWrite === undefined ? {} : { lastFlush: lastWrite }),
        lostRows,
        ...(failure === undefined ? {} : { message: failure }),
      };
    },
    flush: demandFlush,
    counters: (query) => afterFlush(() => store.counters(query)),
    tags: (query) => afterFlush(() => store.tags(query)),
    patterns: (query) =>
      afterFlush(async () => {
        const patterns = await store.patterns(query);
        return accounts.keepsText ? patterns : withoutTexts(patterns);
      }),
    runs: (limit) => afterFlush(() => store.runs(limit)),
    size: () => store.size(),
    prune,
    async erase(userDigest) {
      const at = clock.now();
      // If rows of the user still wait here, they would be stored after the erasure.
      await demandFlush();
      return store.erase(userDigest, at);
    },
    close() {
      closing ??= closeOnce();
      return closing;
    },
  };
}
