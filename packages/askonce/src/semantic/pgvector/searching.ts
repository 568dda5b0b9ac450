/**
 * Searches that cost a lookup no more than its budget: one that is late, refused or fails finds nothing. After several
 * failures in a row the database is not asked for a while, and never more often at once than it has connections for.
 */
import { type Clock, tooSlow, within } from '../../clock.ts';
import { messageOf } from '../../observe/report.ts';
import { recentMap } from '../../recent-map.ts';
import { Circuit } from '../../store/breaker/circuit.ts';
import type { Neighbour } from '../contract.ts';
import { byNearness } from '../indexes/order.ts';
import type { Searched } from '../indexes/place-table.ts';
import type { IndexDatabase } from './database.ts';
import type { VectorTable } from './tables.ts';
import type { VectorKind } from './vector-kind.ts';
import type { Asked, VectorRows } from './vector-rows.ts';

export interface SearchingOptions {
  readonly database: Pick<IndexDatabase, 'transaction'>;
  readonly clock: Clock;
  /** How long a lookup waits, in ms. */
  readonly budgetMs: number;
  /** Searches at a time. */
  readonly mostAtOnce: number;
  /** Vectors of a place up to which all of them are compared. */
  readonly mostScanned: number;
  /** Called when the database is not asked for a while, with what it failed by. */
  readonly onOpened: (message: string) => void;
}

/** A table that can be searched. */
export interface Searchable {
  readonly table: VectorTable;
  readonly rows: VectorRows;
  readonly kind: VectorKind;
}

export interface Searching {
  /** Never rejects. */
  nearest(
    where: Searchable,
    place: Searched,
    vector: Float32Array,
    count: number,
  ): Promise<readonly Neighbour[]>;
  /** What is wrong now; undefined while the database is asked. */
  trouble(): string | undefined;
  /** The database has answered another call: the next search is a trial. */
  recovered(): void;
}

/** Searches that fail in a row until the database is not asked. */
const failures = 3;
const openMs = 10_000;
/** Large places that are remembered, and for how long. */
const mostLarge = 10_000;
const rememberedMs = 600_000;
/**
 * Neighbours that an approximate search looks for, at least. The index compares vectors whose lengths are rounded, so that the
 * nearest may be some dozens down where many are nearly equal; their order is then by the vectors themselves.
 */
const leastLooked = 48;

export function searching(options: SearchingOptions): Searching {
  const { database, clock, budgetMs, mostAtOnce, mostScanned, onOpened } = options;
  /** Until when a place is known to be too large to compare all. */
  const large = recentMap<number>(mostLarge);
  let running = 0;
  let lastFailure = '';
  const circuit = new Circuit({
    clock,
    failures,
    openMs,
    onChange: (state) => {
      if (state === 'open') onOpened(lastFailure);
    },
  });

  async function search({ rows, kind }: Searchable, asked: Asked): Promise<readonly Neighbour[]> {
    const { partition, frame, language } = asked.place;
    const name = JSON.stringify([partition, frame, language]);
    const isLarge = rows.isIndexed && (large.get(name) ?? 0) > clock.monotonic();
    if (!isLarge) {
      const most = rows.isIndexed ? mostScanned + 1 : Number.MAX_SAFE_INTEGER;
      const { neighbours, looked } = await answered((run) => rows.scan(run, asked, most));
      if (looked <= mostScanned || !rows.isIndexed) return neighbours;
      large.set(name, clock.monotonic() + rememberedMs);
    }
    const wider = { ...asked, count: Math.max(2 * asked.count, leastLooked) };
    const near = await answered((run) => rows.approximate(run, wider), kind.settings);
    return [...near].sort(byNearness).slice(0, asked.count);
  }

  /** The answer as soon as it is there: the commit of a transaction that has only read need not be waited for. */
  function answered<T>(
    work: Parameters<typeof database.transaction<T>>[0],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    running += 1;
    return new Promise<T>((resolve, reject) => {
      database
        .transaction(
          async (run) => {
            const answer = await work(run);
            resolve(answer);
            return answer;
          },
          Math.ceil(budgetMs),
          settings,
        )
        .catch(reject)
        .finally(() => {
          running -= 1;
        });
    });
  }

  return {
    async nearest(where, place, vector, count) {
      if (count <= 0 || vector.length !== where.rows.dimension || running >= mostAtOnce) return [];
      const pass = circuit.enter();
      if (pass === undefined) return [];
      const failed = (message: string) => {
        lastFailure = message;
        circuit.failed(pass);
        return [];
      };
      try {
        const found = await within(
          clock,
          budgetMs,
          search(where, { place, vector, count, now: clock.now() }),
        );
        if (found === tooSlow) return failed(`PostgreSQL took more than ${budgetMs} ms for a search`);
        circuit.succeeded(pass);
        return found;
      } catch (error) {
        return failed(messageOf(error));
      }
    },
    trouble: () => (circuit.state === 'closed' ? undefined : lastFailure),
    recovered: () => circuit.recovered(),
  };
}
