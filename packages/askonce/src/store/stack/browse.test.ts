import { expect, it } from 'vitest';
import { sampleEntry } from '../../testing/sample-entry.ts';
import type { PageTerms } from '../browse.ts';
import { memoryStore } from '../memory/store.ts';
import { stackedBrowse } from './browse.ts';

const keys = (count: number) =>
  Array.from({ length: count }, (_none, index) => `askonce:v1:p:en:{f${index}}`);

/** Two tiers; `both` are the keys of entries in each of them, `above` those of the upper one alone. */
async function tiers(both: readonly string[], above: readonly string[]) {
  const [upper, lower] = [memoryStore(), memoryStore()];
  const entriesOf = (some: readonly string[]) => some.map((key) => sampleEntry({ key, now: Date.now() }));
  await upper.setMany(entriesOf([...both, ...above]));
  await lower.setMany(entriesOf(both));
  const browse = stackedBrowse(upper.browse, lower.browse);
  async function paged(limit: number) {
    const terms: PageTerms = { limit, wants: () => true };
    const found: string[] = [];
    let pages = 0;
    let largest = 0;
    for (let from: string | undefined = ''; from !== undefined; pages += 1) {
      const begin: string = from;
      const page = await browse?.page(begin, terms);
      found.push(...(page?.entries.map(({ key }) => key) ?? []));
      largest = Math.max(largest, page?.entries.length ?? 0);
      from = page?.next;
    }
    return { found, pages, largest };
  }
  return { paged };
}

it('entries that only the upper tier has are in pages of the asked size, each once', async () => {
  const [both, above] = [keys(30), keys(300).slice(30)];
  const { paged } = await tiers(both, above);
  const { found, largest } = await paged(50);
  expect(found.toSorted()).toEqual([...both, ...above].toSorted());
  expect(largest).toBeLessThanOrEqual(50);
});

it('where the lower tier has all entries, few further pages look at the upper one', async () => {
  const both = keys(1_500);
  const { paged } = await tiers(both, []);
  const { found, pages } = await paged(50);
  expect(found.toSorted()).toEqual(both.toSorted());
  expect(pages).toBeLessThanOrEqual(30 + 1 + 2);
});
