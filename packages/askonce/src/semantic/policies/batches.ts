/**
 * Batches of labels: how each label of each process is counted once, whatever is lost on the way.
 *
 * A batch is named by its writer and a number, and a record remembers the last number of each of its recent writers. So a
 * batch whose outcome was unknown is repeated safely, however many labels others have counted meanwhile, and a batch that the
 * store has lost again (it began anew, or a replica that lagged behind took over) is seen to be missing and is counted again.
 *
 * A store that has lost a record gets it back from a process that remembers it. Of two records one is taken whole, never their
 * sum: what the other one has besides is repeated by the writers of those batches.
 */
import type { Awaitable } from '../../clock.ts';
import { counted, type Label, newRecord, type PoolRecord, type Rules } from './record.ts';

/** Labels that are counted all at once or not at all. */
export interface Batch {
  /** Ascends with each batch of its writer. */
  readonly number: number;
  /** At least one. */
  readonly labels: readonly Label[];
  /**
   * The fewest labels of the records that it was tried on, set before each attempt to write it; absent if it was never tried.
   * A record that counts it has more.
   */
  triedOn?: number | undefined;
}

/** What a process brings to the record of a pool. */
export interface Contribution {
  /** Random, one for each process and its lifetime. */
  readonly writer: string;
  /** The last record of the store that the process has seen. */
  readonly known?: PoolRecord | undefined;
  /** Its last batches, those that were counted before among them, in ascending order. */
  readonly batches: readonly Batch[];
}

interface Updated {
  readonly record: PoolRecord;
  /** Whether the store's record was changed. */
  readonly isWritten: boolean;
}

/** Where the labels of pools are counted. It never holds raw labels for longer than it takes to count them. */
export interface LabelStore {
  /**
   * Counts the batches that the record of a pool lacks and returns the record after them, with the labels of other processes.
   * A record that is behind the known one is replaced by it first. Without a batch to be counted it only reads; a pool that
   * has no record has a new one. Rejects if it is not certain that all batches are counted.
   */
  update(pool: string, own: Contribution, rules: Rules): Awaitable<Updated>;
}

/** Writers that a record remembers; the one that wrote longest ago is dropped. */
const mostWriters = 64;

/** The record that a contribution is counted on. */
export function baseOf(stored: PoolRecord | undefined, { known }: Contribution, rules: Rules): PoolRecord {
  if (stored === undefined) return known ?? newRecord(rules);
  return known !== undefined && isAhead(known, stored) ? known : stored;
}

/** Later epochs are ahead, since they know of a drift; then more labels are. */
function isAhead(one: PoolRecord, other: PoolRecord): boolean {
  const epochs = epochsOf(one) - epochsOf(other);
  return epochs > 0 || (epochs === 0 && one.labels > other.labels);
}

function epochsOf({ threshold, verified }: PoolRecord): number {
  return threshold.epoch + verified.epoch;
}

/** The batches that a record has not counted, as far as that is certain. */
export function missingIn(record: PoolRecord, { writer, batches }: Contribution): readonly Batch[] {
  const last = record.writers.find(([name]) => name === writer)?.[1];
  if (last !== undefined) return batches.filter(({ number }) => number > last);
  // Each batch of another writer has a label, so that with fewer labels than writers none was dropped since.
  return batches.filter(
    ({ triedOn }) =>
      triedOn === undefined || record.writers.length < mostWriters || record.labels < triedOn + mostWriters,
  );
}

/** The record with these batches of a writer. */
export function withBatches(
  record: PoolRecord,
  writer: string,
  batches: readonly Batch[],
  rules: Rules,
): PoolRecord {
  const last = batches.at(-1);
  if (last === undefined) return record;
  const labels = batches.flatMap((batch) => batch.labels);
  const after = labels.reduce((so, label) => counted(so, label, rules), record);
  const others = record.writers.filter(([name]) => name !== writer);
  return {
    ...after,
    labels: record.labels + labels.length,
    writers: [...others, [writer, last.number] as const].slice(-mostWriters),
  };
}

/** To be called before an attempt to write batches on a record. */
export function noteAttempt(batches: readonly Batch[], { labels }: PoolRecord): void {
  for (const batch of batches) batch.triedOn = Math.min(batch.triedOn ?? labels, labels);
}
