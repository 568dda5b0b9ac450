/**
 * Labels in the notices of a store (SQLite, Redis): durable, and shared by all processes that reach the store.
 *
 * The pools lie in 256 notices, since a store holds few of them and a notice never expires. A notice is
 * replaced by compare-and-set: of two processes that count labels at the same time, one counts again over what the other
 * wrote. A write whose outcome is unknown is repeated, and the ids in the record keep its labels from counting twice.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AskonceError } from '../../errors.ts';
import type { Notices } from '../../store/shared.ts';
import { countersPerCell } from './evidence.ts';
import type { LabelStore } from './labels.ts';
import { counted, newRecord, type PoolRecord, type Rules, type StratumRecord } from './record.ts';

/** A notice may have 64 KiB; less is read sooner. Beyond it the pools that were used longest ago are dropped. */
const mostBytes = 30_000;
const attempts = 16;

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
  ids: z.array(z.string()),
});
/** The pool that was used last comes last. */
const slotSchema = z.array(recordSchema);
type Slot = z.infer<typeof slotSchema>;

export function noticeLabels(notices: Notices): LabelStore {
  async function load(pool: string, rules: Rules): Promise<PoolRecord> {
    return recordIn(slotOf(await notices.get(nameOf(pool))), pool, rules);
  }

  return {
    load,
    async append(pool, labels, rules) {
      const name = nameOf(pool);
      let there = await notices.get(name);
      for (let attempt = 0; attempt < attempts; attempt++) {
        const slot = slotOf(there);
        const before = recordIn(slot, pool, rules);
        const after = labels.reduce((record, label) => counted(record, label, rules), before);
        if (after === before) return after;
        const text = textOf(slot, pool, after, rules);
        const present = await notices.put(name, text, there);
        if (present === text) return after;
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
  return `semantic-labels-${byte}`;
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

function recordIn(slot: Slot, pool: string, rules: Rules): PoolRecord {
  const found = slot.find(({ id }) => id === pool);
  if (found === undefined || found.cells !== rules.cells) return newRecord(rules);
  return {
    threshold: unpacked(found.threshold, rules.cells),
    verified: unpacked(found.verified, 1),
    ids: found.ids,
  };
}

function textOf(slot: Slot, pool: string, record: PoolRecord, { cells }: Rules): string {
  const { ids } = record;
  const own = {
    id: pool,
    cells,
    threshold: packed(record.threshold),
    verified: packed(record.verified),
    ids: [...ids],
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
