/**
 * The history of the store's log as this process has read it. A fail-over may lose rows that were read or appended here:
 * they stay in force, and are appended again. If the whole log is lost, a new history replaces the old one.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, tooSlow, within } from '../clock.ts';
import type { Observer } from '../observe/events.ts';
import type { LogReading, LogRow, LogStore } from '../store/shared.ts';
import { History, idAgain, originOf } from './history.ts';
import { type LogReader, logReader, lostRows } from './log-reader.ts';

export interface FollowedHistoryOptions {
  readonly store: LogStore;
  readonly clock: Clock;
  readonly observe: Observer;
  /** Called when the whole log was lost. */
  readonly onLost: () => void;
  /** Called when the position has changed. */
  readonly onMoved: () => void;
}

/** Both methods that call the store reject if it fails or does not answer in time. */
export interface FollowedHistory {
  /** Replaced by another object when the log was lost or read anew. */
  readonly history: History;
  /** Monotonic ms at which the log was last asked for its end; negative infinity if it never was. */
  readonly readAt: number;
  /** Reads new rows, and appends lost ones again. */
  update(): Promise<void>;
  append(rows: readonly Pick<LogRow, 'id' | 'what'>[]): Promise<LogReading>;
  /** Puts appended rows in force before a reading has shown them. */
  hold(reading: LogReading): void;
}

const appendMs = 5_000;
/** How many lost rows are appended again in one call. */
const againAtOnce = 100;

export function followedHistory(options: FollowedHistoryOptions): FollowedHistory {
  const { store, clock, observe, onLost, onMoved } = options;
  const reader = logReader(store, clock);
  // In place until the log has been read: generations that begin meanwhile belong to no log, and are never served.
  const unread = new History(`unread-${randomBytes(12).toString('hex')}`);
  let history = unread;
  let readAt = Number.NEGATIVE_INFINITY;
  /** The highest number that is known to be assigned. */
  let highest = 0;

  async function update(): Promise<void> {
    // A row that was pending before this reading, and that the reading does not show, is lost as well.
    const held = new Set(history.pending.map(({ id }) => originOf(id)));
    const before = history.position;
    const sent = history === unread ? undefined : await reader.readOn(history);
    if (sent === undefined) replaceBy(await reader.readAll(), held);
    else readAt = sent;
    highest = Math.max(highest, history.position.number);
    if (history.position !== before) onMoved();
    const lost = history.pending.filter(({ id }) => held.has(originOf(id)));
    if (lost.length > 0) await appendAgain(lost);
  }

  /** Continues with a history that was read anew. Adds the rows that it lacks to those that are `held`. */
  function replaceBy(
    { history: now, sent }: Awaited<ReturnType<LogReader['readAll']>>,
    held: Set<string>,
  ): void {
    const before = history;
    history = now;
    readAt = sent;
    if (before.generation === now.generation) {
      const lost = lostRows(before, now);
      now.hold(lost);
      for (const { id } of lost) held.add(originOf(id));
      if (lost.length > 0)
        reportLost(`${lost.length} rows of the invalidation log were lost and are being appended again`);
      return;
    }
    highest = 0;
    if (before === unread) return;
    reportLost('the invalidation log was lost; every entry stored before is invalid');
    onLost();
  }

  /** Keeps each row's origin in its new id, so that other processes that remember the row see that it is back. */
  async function appendAgain(lost: readonly LogRow[]): Promise<void> {
    for (let from = 0; from < lost.length; from += againAtOnce)
      await append(lost.slice(from, from + againAtOnce).map(({ id, what }) => ({ id: idAgain(id), what })));
    readAt = (await reader.readOn(history)) ?? readAt;
    highest = Math.max(highest, history.position.number);
  }

  async function append(rows: readonly Pick<LogRow, 'id' | 'what'>[]): Promise<LogReading> {
    const reading = await within(clock, appendMs, store.append(rows, highest));
    if (reading === tooSlow) throw new Error(`the log did not answer within ${appendMs} ms`);
    const ids = new Set(reading.rows.map(({ id }) => id));
    if (!rows.every(({ id }) => ids.has(id)))
      throw new Error('the log did not store the rows that were appended');
    if (reading.generation === history.generation) highest = Math.max(highest, reading.last);
    return reading;
  }

  function reportLost(message: string): void {
    observe({ type: 'log-lost', message });
  }

  return {
    get history() {
      return history;
    },
    get readAt() {
      return readAt;
    },
    update,
    append,
    hold({ generation, rows }) {
      const isOther = generation !== history.generation;
      history.hold(rows.filter((row) => isOther || row.number > history.position.number));
    },
  };
}
