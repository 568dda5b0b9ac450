/** Pages of a stack of two tiers: those of the lower one, and then the entries that only the upper one has. */
import type { Browse, BrowsedEntry, BrowsedPage, PageTerms } from '../browse.ts';
import { nextTurn } from '../filter.ts';

/** Entries of the upper tier that a page looks at. Most of them are below, too: small pages would be empty, and many. */
const mostAbove = 1_000;
/** Entries that are looked for below in one turn of the event loop. */
const lookedForAtOnce = 32;

/** Absent if the lower tier, which has all entries, has no pages. */
export function stackedBrowse(above: Browse | undefined, below: Browse | undefined): Browse | undefined {
  if (below === undefined || above === undefined) return below;

  async function onlyAbove(from: string, terms: PageTerms): Promise<BrowsedPage | undefined> {
    const page = await above?.page(from, terms);
    if (page === undefined) return undefined;
    const entries: BrowsedEntry[] = [];
    for (let at = 0; at < page.entries.length; at += lookedForAtOnce) {
      const some = page.entries.slice(at, at + lookedForAtOnce);
      const found = await Promise.all(some.map(({ key }) => below?.look(key)));
      entries.push(...some.filter((_entry, index) => found[index] === undefined));
      await nextTurn();
    }
    return { entries, next: page.next === undefined ? undefined : `above ${page.next}` };
  }

  async function pageAbove(from: string, terms: PageTerms): Promise<BrowsedPage | undefined> {
    const page = await onlyAbove(from, { ...terms, limit: mostAbove });
    return page === undefined || page.entries.length <= terms.limit ? page : await onlyAbove(from, terms);
  }

  return {
    async page(from, terms) {
      if (from.startsWith('above ')) return await pageAbove(from.slice('above '.length), terms);
      const page = await below.page(from.replace(/^below /, ''), terms);
      return page && { ...page, next: page.next === undefined ? 'above ' : `below ${page.next}` };
    },
    async look(key) {
      return (await below.look(key)) ?? (await above.look(key));
    },
  };
}
