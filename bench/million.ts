/** A store of a million entries beside one of a thousand: how much longer does a hit take? */
import type { Store } from 'askonce';
import { keyOfCopy, numbersBelow, someEntry, storeCopies } from './entries.ts';
import { inTurns, type Times } from './measure.ts';
import { smallQuestion } from './small.ts';

const counts = { many: 1_000_000, few: 1_000 };
const calls = 5_000;
/** Enough for hardly any key of a million to be read twice, and found in the processor's caches. */
const keyCount = 80_000;
/** Keys come in an order that has nothing to do with where they lie. */
const step = 7_919;

/** Fills both stores, then reads one entry after the other. */
export async function manyBesideFew(many: Store, few: Store): Promise<Times> {
  const entry = await someEntry(smallQuestion);
  await storeCopies(many, entry, numbersBelow(counts.many));
  await storeCopies(few, entry, numbersBelow(counts.few));
  const reads = (store: Store, count: number) => {
    const keys = Array.from(numbersBelow(keyCount), (n) => keyOfCopy(entry, (n * step) % count));
    let n = 0;
    return async () => {
      n = (n + 1) % keyCount;
      const found = await store.get(keys[n] ?? '');
      if (found === undefined || found.entry.recording.body.length === 0) throw new Error('not a hit');
    };
  };
  return inTurns(reads(many, counts.many), reads(few, counts.few), { calls });
}
