/**
 * Maintenance of the file: read a page at a time on the store's thread, written in short steps by the writer's, and with a
 * turn of the event loop between any two.
 */
import type { Clock } from '../../../clock.ts';
import { stay } from '../../../clock.ts';
import { openEntry } from '../../../entry/codec.ts';
import type { KeyRing } from '../../../entry/key-ring.ts';
import { AskonceError } from '../../../errors.ts';
import { nextTurn } from '../../filter.ts';
import type {
  DefragmentStep,
  Remains,
  RemovalTerms,
  StoreMaintenance,
  SurveyedEntry,
} from '../../maintenance.ts';
import type { Connection } from '../file/connection.ts';
import type { Effect, Operation } from '../write/messages.ts';
import type { WriteQueue } from '../write/queue.ts';
import type { Writing } from '../write/writing.ts';
import type { EntryRow } from './reader.ts';
import { type JudgedRow, markBytes } from './writer.ts';

export interface FileMaintenanceOptions {
  readonly connection: Connection;
  readonly queue: WriteQueue;
  readonly writing: Writing;
  readonly clock: Clock;
  readonly keys: KeyRing | undefined;
  /** Whether a write of the key has not reached the file yet. */
  readonly isWaiting: (key: string) => boolean;
}

/** An entry that was shown, with what tells whether its row is still the same. */
interface Shown {
  readonly row: EntryRow;
  readonly mark: Uint8Array | undefined;
}

/** Pause between two steps of the writer, in ms: meanwhile requests and other processes write. */
const restMs = 5;

export function fileMaintenance(options: FileMaintenanceOptions): StoreMaintenance {
  const { connection, queue, writing, clock, keys, isWaiting } = options;

  function written(operation: Operation): Promise<Effect> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: Effect | 'failed') => {
        if (outcome !== 'failed') return resolve(outcome);
        const message = 'The SQLite file could not be written now; the log says why.';
        reject(new AskonceError('store_failed', message));
      };
      if (connection.writer === undefined || !queue.hasRoomForRemoval) settle('failed');
      else writing.add(operation, settle);
    });
  }

  const hitsOf = ({ key, hits }: EntryRow) => hits + (writing.hits.of(key)?.hits ?? 0);

  /** Undefined for an entry that cannot be read: the lookup that finds it removes it. */
  async function shownOf(row: EntryRow): Promise<[SurveyedEntry, Shown] | undefined> {
    const { key, expires, bytes } = row;
    const hits = hitsOf(row);
    if (expires <= clock.now())
      return [
        { key, refreshed: row.created, expires, hits, bytes },
        { row, mark: undefined },
      ];
    const value = connection.demand((reader) => reader.maintenance.value(row));
    try {
      const meta = value && (await openEntry(key, value, keys))?.read().meta;
      if (value === undefined || meta === undefined || meta.expires !== expires) return undefined;
      const { recordingId, refreshed, confidence } = meta;
      const mark = new Uint8Array(value.subarray(0, markBytes));
      return [
        { key, recordingId, refreshed, expires, confidence, hits, bytes },
        { row, mark },
      ];
    } catch {
      return undefined;
    }
  }

  async function remove(
    shown: ReadonlyMap<SurveyedEntry, Shown>,
    entries: readonly SurveyedEntry[],
    { unlessHit }: RemovalTerms,
  ): Promise<readonly SurveyedEntry[]> {
    const wanted: SurveyedEntry[] = [];
    const rows: JudgedRow[] = [];
    for (const entry of entries) {
      const { row, mark } = shown.get(entry) ?? {};
      if (row === undefined || isWaiting(entry.key)) continue;
      // Hits that are not in the file yet are counted here, those that are written meanwhile by the writer.
      if (unlessHit && hitsOf(row) > (entry.hits ?? 0)) continue;
      wanted.push(entry);
      rows.push({
        id: row.id,
        key: row.key,
        mark,
        expires: row.expires,
        mostHits: unlessHit ? (entry.hits ?? 0) : undefined,
      });
    }
    if (rows.length === 0) return [];
    const outcome = await written({ type: 'remove-judged', rows });
    const gone = typeof outcome === 'object' && outcome.type === 'judged' ? outcome.gone : [];
    await stay(restMs);
    const removed = wanted.filter((_entry, at) => gone[at] === true);
    for (const { key } of removed) writing.hits.forget(key);
    return removed;
  }

  /** Counts page by page, with a turn of the event loop between any two. */
  async function* counted(pages: () => Generator<Remains>): AsyncGenerator<Remains> {
    const read = connection.demand(pages);
    for (;;) {
      const page = connection.demand(() => read.next());
      if (page.done) return;
      yield page.value;
      await nextTurn();
    }
  }

  /** Repeats a step of the writer, which says what it has deleted, until there is no more. */
  async function* deleted(type: 'reclaim' | 'remove-past', signal: AbortSignal): AsyncGenerator<Remains> {
    while (!signal.aborted) {
      const outcome = await written({ type });
      await stay(restMs);
      if (typeof outcome !== 'object' || outcome.type !== 'reclaimed' || outcome.count === 0) return;
      yield outcome;
    }
  }

  async function* vacuumed(
    isDry: boolean,
    mayBlock: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<DefragmentStep | undefined> {
    const step = { store: 'sqlite', action: 'vacuum' } as const;
    const pages = () => connection.demand((reader) => reader.maintenance.pages());
    const first = pages();
    if (!first.isIncremental && mayBlock && !isDry) {
      if ((await written({ type: 'rebuild' })) === 'absent') {
        const message =
          'The file was not rebuilt: another process, such as a gateway, has it open, or the disk has no room for a copy. Stop the gateway, and run the command again.';
        return yield { ...step, outcome: 'refused', bytes: 0, message };
      }
      const bytes = Math.max(0, first.pages - pages().pages) * first.pageBytes;
      return yield { ...step, outcome: 'done', bytes };
    }
    if (!first.isIncremental) {
      const message =
        'The file was created by an earlier release, which cannot give pages back in steps; free pages are used again. To shrink it once, stop the gateway and run `askonce maintenance --kinds defragment`.';
      yield { ...step, outcome: first.free === 0 ? 'done' : 'refused', bytes: 0, message };
      return;
    }
    if (isDry) return yield { ...step, outcome: 'dry-run', bytes: first.free * first.pageBytes };
    let last = first;
    while (last.free > 0 && !signal.aborted) {
      await written({ type: 'vacuum' });
      await stay(restMs);
      const next = pages();
      if (next.pages >= last.pages) break;
      last = next;
      yield;
    }
    yield { ...step, outcome: 'done', bytes: Math.max(0, first.pages - last.pages) * first.pageBytes };
  }

  return {
    bytesEstimated: true,
    async *survey({ mayFit }) {
      for (let after: number | undefined = 0; after !== undefined; ) {
        const from: number = after;
        const { rows, looked, next } = connection.demand((reader) => reader.maintenance.page(from));
        const wanted = rows.filter(({ key, created, expires, ...row }) =>
          mayFit({ key, refreshed: created, expires, hits: hitsOf({ key, created, expires, ...row }) }),
        );
        const shown = new Map<SurveyedEntry, Shown>();
        for (const row of wanted) {
          const one = await shownOf(row);
          if (one !== undefined) shown.set(...one);
        }
        yield {
          looked,
          entries: [...shown.keys()],
          remove: (entries, terms) => remove(shown, entries, terms),
        };
        after = next;
        await nextTurn();
      }
    },
    takeRemovedAside: () => writing.takeExpiredAside(),
    async *remains({ dryRun, signal }) {
      if (!dryRun) {
        yield* deleted('reclaim', signal);
        yield* deleted('remove-past', signal);
        return;
      }
      const now = clock.now();
      yield* counted(() => connection.demand((reader) => reader.maintenance.removed()));
      yield* counted(() => connection.demand((reader) => reader.maintenance.past(now)));
    },
    async *defragment({ dryRun, mayBlock, signal }) {
      yield* vacuumed(dryRun, mayBlock, signal);
      if (dryRun || signal.aborted) return;
      await written({ type: 'checkpoint' });
      yield { store: 'sqlite', action: 'checkpoint', outcome: 'done', bytes: 0 };
    },
  };
}
