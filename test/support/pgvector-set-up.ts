/** Indexes in a database as several processes of one store open them. */
import { expect, onTestFinished } from 'vitest';
import { systemClock } from '../../packages/askonce/src/clock.ts';
import {
  type SharedIndexesOptions,
  sharedIndexes,
} from '../../packages/askonce/src/semantic/pgvector/shared-indexes.ts';
import { vectorStore } from './vector-store.ts';

/** Where the vectors of a test lie, unless it says otherwise. */
export const place = { partition: 'one', frame: 'frame', language: 'en' } as const;

/** A vector at an angle from the first axis, in degrees. */
export function at(degrees: number): Float32Array {
  const radians = (degrees * Math.PI) / 180;
  return Float32Array.from([Math.cos(radians), Math.sin(radians), 0]);
}

export interface Process {
  readonly embedder?: string | undefined;
  readonly dimension?: number | undefined;
  readonly store?: ReturnType<typeof vectorStore> | undefined;
}

/** A store, and what opens processes that use it. Lookups have time enough, whatever the machine does. */
export function pgvectorSetUp(options: SharedIndexesOptions) {
  const shared = vectorStore();
  const opener = sharedIndexes({ budgetMs: 30_000, ...options });

  function open({ embedder = 'words', store = shared, dimension = 3 }: Process = {}) {
    const one = store.process();
    const troubles: string[] = [];
    const indexes = opener({
      ...{ hooks: one.hooks, store: store.store, clock: systemClock, embedder, maxBytes: 0 },
      dimension: dimension === 0 ? undefined : dimension,
      onTrouble: (message) => troubles.push(message),
    });
    onTestFinished(async () => await indexes.close());
    const found = async (degrees: number, count = 5) =>
      (await indexes.nearest(place, at(degrees), count)).map(({ id }) => id);
    return { ...one, indexes, troubles, found };
  }

  const erase = async (keys: readonly string[]) => await opener.erase?.(keys);
  return { ...shared, opener, erase, open };
}

/** Resolves once `holds` does. */
export async function eventually(holds: () => unknown, what = 'it never held'): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect.fail(what);
}
