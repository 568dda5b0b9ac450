/**
 * Labels in the notices of a store (SQLite, Redis): durable, and shared by all processes that reach the store.
 *
 * The pools lie in 256 notices, since a store holds few of them and a notice never expires. A notice is
 * replaced by compare-and-set: of two processes that count labels at the same time, one counts again over what the other
 * wrote, a random while later, so that many of them do not meet again. See batches.ts for why no batch counts twice.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { backOff, type Clock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import type { Notices } from '../../store/shared.ts';
import { baseOf, type LabelStore, missingIn, noteAttempt, withBatches } from './batches.ts';
import { countersPerCell } from './evidence.ts';
import { noComplaints } from './feedback.ts';
import type { PoolRecord, Rules, StratumRecord } from './record.ts';

/** A notice may have 64 KiB; less is read sooner. Beyond it the pools that were used longest ago are dropped. */
const mostBytes = 30_000;
/** Attempts on a notice that others write; together they take some two seconds at most, besides the store's own time. */
const attempts = 40;
/** Pause before an attempt in ms, random and doubling between these. The first repetition comes at once. */
const leastPauseMs = 2;
const mostPauseMs = 100;

const counterSchema = z.number().int().nonnegative();
/** Counters without the zeros: index and count in turn. */
const sparseSchema = z.array(counterSchema);
const stratumSchema = z.object({
  epoch: z.number().int().positive(),
  counters: sparseSchema,
  floor: counterSchema,
  extensions: z.array(z.object({ from: counterSchema, before: sparseSchema })),
  entries: z.array(z.object({ cell: counterSchema, alpha: z.number() })).optional(),
  passed: z.object({ from: counterSchema, to: counterSchema, rate: z.number() }).optional(),
  recent: z.string(),
  hits: z.number().nonnegative(),
});
const recordSchema = z.object({
  id: z.string(),
  cells: z.number().int(),
  threshold: stratumSchema,
  verified: stratumSchema,
  complaints: z
    .object({ wrong: counterSchema, hits: counterSchema, highest: z.number() })
    .default(noComplaints),
  ids: z.array(z.string()),
  labels: counterSchema,
  writers: z.array(z.tuple([z.string(), counterSchema])),
});
/** The pool that was used last comes last. */
const slotSchema = z.array(recordSchema);
type Slot = z.infer<typeof slotSchema>;

export function noticeLabels(notices: Notices, clock: Clock): LabelStore {
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.schedule(resolve, ms));

  return {
    async update(pool, own, rules) {
      const name = nameOf(pool);
      let there = await notices.get(name);
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (attempt > 1) await pause(backOff(attempt - 2, leastPauseMs, mostPauseMs));
        const slot = slotOf(there);
        const stored = recordIn(slot, pool, rules);
        const base = baseOf(stored, own, rules);
        const missing = missingIn(base, own);
        const isNew = stored === undefined && base !== own.known;
        if (missing.length === 0 && (base === stored || isNew)) return { record: base, isWritten: false };
        const after = withBatches(base, own.writer, missing, rules);
        noteAttempt(missing, base);
        const text = textOf(slot, pool, after, rules);
        const present = await notices.put(name, text, there);
        if (present === text) return { record: after, isWritten: true };
        there = present;
      }
      throw new AskonceError(
        'store_failed',
        'Other processes write the same labels too often. They are tried again.',
      );
    },
  };
}

function nameOf(pool: string): string {
  const [byte = 0] = createHash('sha256').update(pool).digest();
  return `semantic-pools-${byte}`;
}

function slotOf(text: string | undefined): Slot {
  if (text === undefined) return [];
  try {
    return slotSchema.parse(JSON.parse(text));
  } catch {
    // Of another release, or damaged: the labels begin anew, which costs time and no wrong hit.
    return [];
  }
}

function recordIn(slot: Slot, pool: string, rules: Rules): PoolRecord | undefined {
  const found = slot.find(({ id }) => id === pool);
  if (found === undefined || found.cells !== rules.cells) return undefined;
  return {
    threshold: unpacked(found.threshold, rules.cells),
    verified: unpacked(found.verified, 1),
    complaints: found.complaints,
    ids: found.ids,
    labels: found.labels,
    writers: found.writers,
  };
}

function textOf(slot: Slot, pool: string, record: PoolRecord, { cells }: Rules): string {
  const own = {
    ...record,
    id: pool,
    cells,
    threshold: packed(record.threshold),
    verified: packed(record.verified),
  };
  const others = slot.filter(({ id }) => id !== pool);
  for (;;) {
    const text = JSON.stringify([...others, own]);
    if (Buffer.byteLength(text) <= mostBytes || others.length === 0) return text;
    others.shift();
  }
}

function packed(record: StratumRecord): Slot[number]['threshold'] {
  const extensions = record.extensions.map(({ from, before }) => ({ from, before: sparse(before) }));
  const hits = Math.round(record.hits);
  return { ...record, counters: sparse(record.counters), extensions, entries: record.entries?.slice(), hits };
}

function unpacked(stored: Slot[number]['threshold'], cells: number): StratumRecord {
  const extensions = stored.extensions.map(({ from, before }) => ({
    from,
    before: dense(before, countersPerCell),
  }));
  return { ...stored, counters: dense(stored.counters, cells * countersPerCell), extensions };
}

function sparse(counters: readonly number[]): number[] {
  return counters.flatMap((count, index) => (count === 0 ? [] : [index, count]));
}

function dense(pairs: readonly number[], length: number): readonly number[] {
  const counters = new Array<number>(length).fill(0);
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const index = pairs[at] ?? length;
    if (index < length) counters[index] = pairs[at + 1] ?? 0;
  }
  return counters;
}
