/**
 * Where processes of a test count labels together: Redis, a Cluster, or a file of SQLite; and the labels that they count.
 */
import { redisStore } from 'askonce/redis';
import { sqliteStore } from 'askonce/sqlite';
import { z } from 'zod';
import { countersPerCell } from '../../packages/askonce/src/semantic/policies/evidence.ts';
import type { Label, PoolRecord, Rules } from '../../packages/askonce/src/semantic/policies/record.ts';
import type { Notices } from '../../packages/askonce/src/store/shared.ts';

export const placeSchema = z.union([
  z.object({ url: z.string(), prefix: z.string() }),
  z.object({ clusterNodes: z.array(z.string()), prefix: z.string() }),
  z.object({ folder: z.string() }),
]);
export type Place = z.output<typeof placeSchema>;

/** A rate that so few labels neither certify nor refute: the epoch stays the first. */
export const rules: Rules = { maxErrorRate: 0.0001, cells: 600, prior: 10, floor: 599 };
export const poolId = 'a pool';

export async function openPlace(
  place: Place,
): Promise<{ readonly notices: Notices; close(): Promise<void> }> {
  const store =
    'folder' in place ? await sqliteStore(place) : await redisStore({ ...place, budgetMs: 2_000 });
  const notices = store.shared?.notices;
  if (notices === undefined) throw new Error('the store has no notices');
  return { notices, close: async () => await store.close() };
}

/** Weights of a cell, each with a counter of right labels. */
const weights = countersPerCell / 2;

/** The label of a number has a counter of its own. */
export function labelAt(number: number): Label {
  return {
    id: `${number}`,
    stratum: 'threshold',
    epoch: 1,
    cell: Math.floor(number / weights),
    halvings: number % weights,
    floor: rules.floor,
    isServed: false,
    hits: 0,
    isWrong: false,
  };
}

/** How often the label of a number was counted. */
export function timesCounted({ threshold }: PoolRecord, number: number): number {
  const { cell, halvings } = labelAt(number);
  return threshold.counters[cell * countersPerCell + 2 * halvings] ?? 0;
}
