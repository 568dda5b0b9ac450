/** Chance that is the same with each run. */

/** Random numbers from 0 to 1 that are the same with each run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<One>(all: readonly One[], random: () => number): readonly One[] {
  return all
    .map((one) => ({ one, order: random() }))
    .toSorted((left, right) => left.order - right.order)
    .map(({ one }) => one);
}

/** Draws places of which the nth is n times as rare as the first. */
export function zipf(size: number, random: () => number): () => number {
  let sum = 0;
  const bounds: number[] = [];
  for (let place = 1; place <= size; place++) {
    sum += 1 / place;
    bounds.push(sum);
  }
  return () => {
    const wanted = random() * sum;
    const place = bounds.findIndex((bound) => bound >= wanted);
    return place === -1 ? size - 1 : place;
  };
}
