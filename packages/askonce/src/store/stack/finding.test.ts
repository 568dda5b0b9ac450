import { expect, it } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import type { Scan } from '../contract.ts';
import { memoryStore } from '../memory/store.ts';
import { tieredStore } from './tiered.ts';

it('a walk over a stack meets each entry once, with the hits of the lower tier, and those that only the upper has', async () => {
  const clock = fakeClock();
  const [upper, below] = [memoryStore({ clock }), memoryStore({ clock })];
  const scan: Scan = {
    ...below.scan,
    async *walk() {
      for await (const entries of below.scan.walk()) yield entries.map((entry) => ({ ...entry, hits: 7 }));
    },
  };
  const store = tieredStore({ upper, lower: { ...below, scan }, clock });
  const entry = (key: string) => sampleEntry({ key, now: clock.now() });
  await store.setMany([entry('a'), entry('b')]);
  upper.set(entry('above'));
  below.set(entry('below'));
  const met: string[] = [];
  for await (const entries of store.scan?.walk() ?? [])
    met.push(...entries.map(({ key, hits }) => `${key} ${hits}`));
  expect(met.sort()).toEqual(['a 7', 'above 0', 'b 7', 'below 7']);
});
