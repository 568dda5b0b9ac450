/**
 * Reading the feed: what other processes have reported since the last row that was read. A position names a row by number
 * and id, since a fail-over can give one number to two rows.
 */
import type { Clock } from '../../clock.ts';
import { logPages } from '../../store/log-pages.ts';
import type { LogReading, LogRow, LogStore } from '../../store/shared.ts';
import type { Change } from './contract.ts';
import { parseRow } from './rows.ts';

export interface ReadingOptions {
  readonly log: Pick<LogStore, 'read'>;
  readonly clock: Clock;
  /** Random name of this process, whose own rows are skipped. */
  readonly by: string;
  readonly onChange: (change: Change) => void;
  readonly onGap: (gap: Gap) => void;
}

export type Gap =
  /** The first reading: what was reported before is not known. */
  | 'first'
  /** A fail-over has lost rows, or may have, and perhaps some that other processes do not miss. */
  | 'fork'
  /** All rows were lost, or some cannot be read; or a process could not report a change. */
  | 'missed';

export interface Reading {
  /** Monotonic ms at which the feed was last asked for its end; negative infinity while what it says is not known. */
  readonly readAt: number;
  /** Number of the last row that was read. */
  readonly position: number;
  /** The highest number that is known to be assigned. */
  readonly highest: number;
  /** Reads what is new. Rejects if the store fails or does not answer in time. */
  update(): Promise<void>;
  /** An append has assigned numbers. */
  appended(reading: LogReading): void;
}

interface Position {
  readonly generation: string;
  readonly number: number;
  /** Absent if there was no row. */
  readonly id: string | undefined;
}

/** Own appends that are waited for; they are read within a quarter of a second, unless reading fails and writing does not. */
const mostUnseen = 1_000;
const afterAll = Number.MAX_SAFE_INTEGER;

export function feedReading({ log, clock, by, onChange, onGap }: ReadingOptions): Reading {
  const pages = logPages({ store: log, clock, name: 'feed' });
  let position: Position | undefined;
  let gap: Gap = 'first';
  let readAt = Number.NEGATIVE_INFINITY;
  let highest = 0;
  /** Ids of the last rows of own appends that were not read yet, each with the monotonic ms at which the store confirmed it. */
  const unseen = new Map<string, number>();
  /** Ids of own rows that were read before the store confirmed them. Numbers would not do: a fail-over gives one to two rows. */
  const unconfirmed = new Set<string>();

  async function update(): Promise<void> {
    const sent = (await readOn(position ?? (await begin()))) ?? (await readOn(await begin()));
    if (sent === undefined) throw new Error('the feed changed while it was read');
    readAt = sent;
    // A row that was appended before this reading, and that the reading does not show, was lost: others lack it as well.
    const isLost = [...unseen.values()].some((confirmed) => confirmed < sent);
    if (!isLost) return;
    unseen.clear();
    onGap('fork');
  }

  /** Begins at the end, or after a gap. Listeners read everything anew once the position stands, so that they miss nothing. */
  async function begin(): Promise<Position> {
    const { generation, last } = (await pages.page(afterAll)).reading;
    const { reading } = last === 0 ? { reading: undefined } : await pages.page(last);
    if (reading !== undefined && (reading.generation !== generation || reading.last < last))
      throw new Error('the feed changed while it was read');
    const row = reading?.rows[0];
    position = { generation, number: last, id: row?.number === last ? row.id : undefined };
    highest = last;
    // It begins behind them, and cannot see whether they were lost.
    const isUncertain = unseen.size > 0;
    unseen.clear();
    onGap(isUncertain ? 'fork' : gap);
    return position;
  }

  async function readOn(from: Position): Promise<number | undefined> {
    let now = from;
    const sent = await pages.readOn(
      () => now.number,
      (reading) => {
        const { number } = now;
        if (!continues(now, reading)) return false;
        const rows = reading.rows.filter((row) => row.number > number);
        const last = rows.at(-1);
        if (last !== undefined) now = { generation: now.generation, number: last.number, id: last.id };
        position = now;
        highest = Math.max(highest, reading.last);
        deliver(rows);
        return true;
      },
    );
    return sent;
  }

  /** Whether a reading that begins at the last known row shows that very row. If not, nothing is known until all is read anew. */
  function continues(
    { generation, number, id }: Position,
    { floor, last, rows, ...now }: LogReading,
  ): boolean {
    const isOfIt = now.generation === generation;
    const isDropped = isOfIt && floor > (id === undefined ? number + 1 : number);
    const [first] = rows;
    const isThere = id === undefined || (first?.number === number && first.id === id);
    if (isOfIt && !isDropped && last >= number && isThere) return true;
    // Where the known row has been dropped, it cannot be seen whether a fail-over had lost it before.
    gap = isOfIt ? 'fork' : 'missed';
    position = undefined;
    readAt = Number.NEGATIVE_INFINITY;
    return false;
  }

  function deliver(rows: readonly LogRow[]): void {
    const parsed = rows.map(({ id, what }) => ({ id, row: parseRow(what) }));
    for (const { id, row } of parsed) {
      if (row?.by !== by) continue;
      // Appends follow one another: rows up to the last of a confirmed one wait for nothing more.
      if (unseen.delete(id)) unconfirmed.clear();
      else unconfirmed.add(id);
    }
    forgetOldest(unconfirmed);
    const others = parsed.map(({ row }) => row).filter((row) => row?.by !== by);
    if (others.some((row) => row === undefined || row.reported?.kind === 'gap')) onGap('missed');
    for (const row of others)
      if (row?.reported !== undefined && row.reported.kind !== 'gap') onChange(row.reported);
  }

  return {
    get readAt() {
      return readAt;
    },
    get position() {
      return position?.number ?? 0;
    },
    get highest() {
      return highest;
    },
    update,
    appended({ generation, last, rows }) {
      if (position === undefined || generation === position.generation) highest = Math.max(highest, last);
      const newest = rows.at(-1);
      if (newest === undefined) return;
      const isRead = unconfirmed.has(newest.id);
      for (const { id } of rows) unconfirmed.delete(id);
      if (isRead) return;
      // Rows of another generation count as well: a fail-over may lose them before this process begins to read that one.
      unseen.set(newest.id, clock.monotonic());
      forgetOldest(unseen);
    },
  };
}

function forgetOldest(ids: Map<string, number> | Set<string>): void {
  for (const oldest of ids.keys()) {
    if (ids.size <= mostUnseen) return;
    ids.delete(oldest);
  }
}
