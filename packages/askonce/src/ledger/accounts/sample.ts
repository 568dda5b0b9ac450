/**
 * A random sample of a stream, so many a second, that still adds up: each item stands for as many as its weight says.
 *
 * The stream is cut into blocks, of which one random item each is kept, with the number of items in the block as its
 * weight. Blocks have one item as long as there are few; they grow with what the second before had, and within a second
 * that has more.
 */
export interface Sample<Item> {
  /** Takes an item at a time in milliseconds. */
  offer(item: Item, at: number): void;
  /** Ends the block that is open: from now on the weights of what was kept add up to the number of items. */
  settle(): void;
}

/**
 * @param perSecond items a second that are all kept
 * @param keep receives what is kept
 * @param random from 0 to below 1; default `Math.random`
 */
export function sample<Item>(
  perSecond: number,
  keep: (item: Item, weight: number) => void,
  random: () => number = Math.random,
): Sample<Item> {
  let second = Number.NaN;
  let offered = 0;
  let keptInSecond = 0;
  let block = 1;
  let open: { readonly item: Item } | undefined;
  let inBlock = 0;

  function begin(at: number): void {
    const isNext = at === second + 1;
    block = isNext ? Math.max(1, Math.ceil(offered / perSecond)) : 1;
    second = at;
    offered = 0;
    keptInSecond = 0;
  }

  function settle(): void {
    if (open === undefined) return;
    const { item } = open;
    open = undefined;
    keep(item, inBlock);
    inBlock = 0;
    keptInSecond++;
    // More than expected: of the rest, ever fewer are kept.
    const over = keptInSecond - perSecond;
    if (over >= 0 && over % Math.ceil(perSecond / 10) === 0) block *= 2;
  }

  return {
    offer(item, at) {
      const now = Math.floor(at / 1000);
      if (now !== second) begin(now);
      offered++;
      inBlock++;
      // The nth of a block replaces the one before with a chance of 1/n, so that each is as likely as the others.
      if (open === undefined || random() * inBlock < 1) open = { item };
      if (inBlock >= block) settle();
    },
    settle,
  };
}
