/**
 * The store's log as this process follows it: by message and by a poll, from the last row that it has read, that row
 * included, so that a fail-over which lost rows is seen. Lost rows are appended again.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, tooSlow, within } from '../clock.ts';
import type { Observer } from '../observe/events.ts';
import type { Store } from '../store/contract.ts';
import { type LogReading, type LogRow, type LogStore, maxLogRows } from '../store/shared.ts';
import { History, idAgain, newRowId, originOf } from './history.ts';
import { type InvalidationLog, notRecorded, verdictOf } from './log.ts';
import { sweeps } from './sweeps.ts';

export interface FollowedLogOptions {
  readonly store: LogStore;
  /** Of the store, for what is told. */
  readonly name: string;
  readonly clock: Clock;
  readonly observe: Observer;
  readonly onLost: () => void;
  /** Drops what this process holds in memory and is dead; absent where it holds nothing. */
  readonly sweep?: Store['sweep'] | undefined;
}

const pollMs = 250;
/** Before the log has been read for the first time: nothing is kept until then. Doubles up to the usual time. */
const firstPollMs = 10;
/** How long after it was last read the log is believed. */
const currentMs = 1_000;
const appendMs = 5_000;
/** Rows that are appended again in one step. */
const againAtOnce = 100;

export function followedLog(options: FollowedLogOptions): InvalidationLog {
  const { store, name, clock, observe, onLost, sweep } = options;
  const read = readings(store, clock);
  // Stands for the log until it has been read: what begins meanwhile belongs to no log, and is never served.
  const unread = new History(`unread-${randomBytes(12).toString('hex')}`);
  let history = unread;
  let readAt = Number.NEGATIVE_INFINITY;
  /** The highest number that is known to have been given. */
  let seen = 0;
  let isInTrouble = false;
  let isClosed = false;
  let underWay: Promise<boolean> | undefined;
  let following: Promise<boolean> | undefined;
  let stopPoll = () => {};
  let firstPause = firstPollMs;

  const sweeping =
    sweep &&
    sweeps(
      clock,
      async (isHeld) =>
        await sweep(({ entry, added }) => !isHeld() && verdictOf(history, entry, added) === 'invalidated'),
    );

  const isCurrent = () => clock.monotonic() - readAt <= currentMs;

  /** A row that is held since before the reading, and that the reading did not show, is lost as well. */
  async function readOnce(): Promise<void> {
    const held = new Set(history.pending.map(({ id }) => originOf(id)));
    const before = history.position;
    const sent = history === unread ? undefined : await read.goOn(history);
    if (sent === undefined) takeOver(await read.anew(), held);
    else readAt = sent;
    seen = Math.max(seen, history.position.number);
    if (history.position !== before) sweeping?.due();
    const lost = history.pending.filter(({ id }) => held.has(originOf(id)));
    if (lost.length > 0) await appendAgain(lost);
  }

  /** From one history to another. Adds what the new one lacks to the rows that are `held`. */
  function takeOver({ history: now, sent }: Awaited<ReturnType<typeof read.anew>>, held: Set<string>): void {
    const before = history;
    if (before.generation === now.generation) {
      const lost = lostRows(before, now);
      now.hold(lost);
      for (const { id } of lost) held.add(originOf(id));
      if (lost.length > 0)
        tellLost(`${lost.length} rows of the invalidation log were lost, and are appended again`);
    } else seen = 0;
    history = now;
    readAt = sent;
    if (before.generation === now.generation || before === unread) return;
    tellLost('the invalidation log was lost, and with it every answer that was kept');
    onLost();
  }

  /** Under ids that tell where they are from: others who remember them as well see that they are there. */
  async function appendAgain(lost: readonly LogRow[]): Promise<void> {
    for (let from = 0; from < lost.length; from += againAtOnce)
      await appended(lost.slice(from, from + againAtOnce).map(({ id, what }) => ({ id: idAgain(id), what })));
    readAt = (await read.goOn(history)) ?? readAt;
    seen = Math.max(seen, history.position.number);
  }

  async function appended(rows: readonly Pick<LogRow, 'id' | 'what'>[]): Promise<LogReading> {
    const reading = await within(clock, appendMs, store.append(rows, seen));
    if (reading === tooSlow) throw new Error(`the log took more than ${appendMs} ms`);
    const ids = new Set(reading.rows.map(({ id }) => id));
    if (!rows.every(({ id }) => ids.has(id))) throw new Error('the log did not keep what was appended');
    if (reading.generation === history.generation) seen = Math.max(seen, reading.last);
    return reading;
  }

  /** Has rows hold that no reading has shown yet. */
  function hold({ generation, rows }: LogReading): void {
    const isOther = generation !== history.generation;
    history.hold(rows.filter((row) => isOther || row.number > history.position.number));
  }

  function tellLost(message: string): void {
    observe({ type: 'log-lost', message });
  }

  function tellTrouble(error: unknown): void {
    const message = error instanceof Error ? error.message : 'unknown error';
    observe({ type: 'store-trouble', store: name, operation: 'log', message });
  }

  async function attempt(): Promise<boolean> {
    try {
      await readOnce();
      isInTrouble = false;
    } catch (error) {
      // Told once, and not again four times a second.
      if (!isInTrouble && !isClosed) tellTrouble(error);
      isInTrouble = true;
    }
    return isCurrent();
  }

  function begin(): Promise<boolean> {
    underWay = attempt().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  /** What is under way may have been sent before the row that is waited for was there. */
  function catchUp(): Promise<boolean> {
    if (isClosed) return Promise.resolve(false);
    if (underWay === undefined) return begin();
    following ??= underWay.then(() => {
      following = undefined;
      return catchUp();
    });
    return following;
  }

  /** The next one is due a while after this one has come to its end. */
  function poll(): void {
    void (underWay ?? begin()).finally(() => {
      if (isClosed) return;
      stopPoll = clock.schedule(poll, history === unread ? firstPause : pollMs);
      firstPause = Math.min(2 * firstPause, pollMs);
    });
  }

  const leave = store.onAppended(() => void catchUp());
  poll();

  return {
    get position() {
      return history.position;
    },
    get isCurrent() {
      return isCurrent();
    },
    spreadMs: currentMs,
    get isInTrouble() {
      return isInTrouble;
    },
    isCurrentFor: (since) => isCurrent() || clock.monotonic() - since <= currentMs,
    verdict: (answer) => history.verdict(answer),
    catchUp,
    async append(taken) {
      const rows = taken.map((one) => ({ id: newRowId(), what: JSON.stringify(one) }));
      let reading: LogReading;
      try {
        reading = await appended(rows);
      } catch (error) {
        tellTrouble(error);
        throw notRecorded(error);
      }
      hold(reading);
      // So that what begins from now on begins behind these rows; they hold in any case, and in whatever history.
      await catchUp();
      hold(reading);
    },
    holdSweeps: () => sweeping?.hold() ?? (() => {}),
    close() {
      isClosed = true;
      stopPoll();
      sweeping?.close();
      leave();
    },
  };
}

/* MERGED reading.ts:
 * Readings of the store's log, page by page.
 */
/** A page that takes longer would be out of date when it came. */
const pageMs = 1_000;
/** A page holds up to 1 000 rows; one that brings nothing new ends the reading. */
const maxPages = (2 * maxLogRows) / 1_000;

export interface Readings {
  /**
   * Reads what is new into the history. Resolves with the monotonic ms at which the reading that showed the end of the
   * log was sent, or undefined where the store's log does not go on from this history.
   */
  goOn(history: History): Promise<number | undefined>;
  /** Reads all there is. */
  anew(): Promise<{ readonly history: History; readonly sent: number }>;
}

/** Both reject where the store fails, or does not answer in time. */
export function readings(store: LogStore, clock: Clock): Readings {
  async function page(from: number): Promise<{ readonly reading: LogReading; readonly sent: number }> {
    const sent = clock.monotonic();
    const reading = await within(clock, pageMs, store.read(from));
    if (reading === tooSlow) throw new Error(`the log was not read within ${pageMs} ms`);
    return { reading, sent };
  }

  async function goOn(history: History): Promise<number | undefined> {
    for (let count = 0; count < maxPages; count++) {
      const { number } = history.position;
      const { reading, sent } = await page(Math.max(1, number));
      if (!continues(history, reading)) return undefined;
      history.learn(reading.rows, reading.floor);
      if (history.position.number >= reading.last || history.position.number === number) return sent;
    }
    throw new Error('the log has no end');
  }

  async function anew() {
    const { reading } = await page(1);
    const history = new History(reading.generation);
    history.learn(reading.rows, reading.floor);
    const sent = await goOn(history);
    if (sent === undefined) throw new Error('the log changed while it was read');
    return { history, sent };
  }

  return { goOn, anew };
}

/** Whether a reading from the last known row on, that row included, shows that row. */
function continues(history: History, { generation, floor, rows, last }: LogReading): boolean {
  const known = history.last;
  if (generation !== history.generation || last < history.position.number) return false;
  if (known === undefined) return floor === history.floor;
  const [first] = rows;
  return first?.number === known.number && first.id === known.id;
}

/* MERGED lost-rows.ts:
 * What a fail-over has lost: rows that are remembered here, and that the store's log does not have any more.
 */
/**
 * Rows of `before` that `now` lacks, also under another number: somebody may have appended them again. Rows up to the
 * newest that both have are no matter.
 */
export function lostRows(before: History, now: History): readonly LogRow[] {
  const there = new Map(now.rows.map((row) => [row.number, row.id]));
  const common = before.rows.findLast(({ number, id }) => there.get(number) === id)?.number ?? 0;
  const origins = new Set(now.rows.flatMap(({ number, id }) => (number > common ? [originOf(id)] : [])));
  const isLost = ({ id }: LogRow) => !origins.has(originOf(id));
  const read = before.rows.filter(({ number }) => number > common && number >= now.floor);
  return [...read, ...before.pending].filter(isLost);
}
