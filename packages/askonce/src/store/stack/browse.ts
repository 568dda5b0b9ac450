/** Pages of a stack of two tiers: those of the lower one, and then the entries that only the upper one has. */
import type { Browse } from '../browse.ts';

/** Absent if the lower tier, which has all entries, has no pages. */
export function stackedBrowse(above: Browse | undefined, below: Browse | undefined): Browse | undefined {
  if (below === undefined || above === undefined) return below;

  async function onlyAbove(from: string, terms: Parameters<Browse['page']>[1]) {
    const page = await above?.page(from, terms);
    if (page === undefined) return undefined;
    const isBelow = await Promise.all(page.entries.map(({ key }) => below?.look(key)));
    return {
      entries: page.entries.filter((_entry, index) => isBelow[index] === undefined),
      next: page.next === undefined ? undefined : `above ${page.next}`,
    };
  }

  return {
    async page(from, terms) {
      if (from.startsWith('above ')) return await onlyAbove(from.slice('above '.length), terms);
      const page = await below.page(from.replace(/^below /, ''), terms);
      return page && { ...page, next: page.next === undefined ? 'above ' : `below ${page.next}` };
    },
    async look(key) {
      return (await below.look(key)) ?? (await above.look(key));
    },
  };
}
