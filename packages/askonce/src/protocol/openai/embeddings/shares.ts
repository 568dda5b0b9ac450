/**
 * Dividing usage among the parts of a batch, and adding it up again.
 */
/** The weight of an input: the number of its tokens if it is a list of them, else its length in UTF-8. */
export function weightOf(input: unknown): number {
  if (typeof input === 'string') return Buffer.byteLength(input);
  return Array.isArray(input) ? input.length : 1;
}

/**
 * Integer shares of `total` in proportion to the weights, by largest remainder. The sum is exact, and no share is 0
 * if there is enough for all. A total that is not an integer cannot be divided exactly and goes to the first.
 */
export function shareOut(total: string, weights: readonly number[]): string[] {
  const amount = Number(total);
  if (!/^[0-9]+$/.test(total) || !Number.isSafeInteger(amount)) {
    return weights.map((_, index) => (index === 0 ? total : '0'));
  }
  const sum = weights.reduce((one, other) => one + other, 0);
  const exact = weights.map((weight) => (sum === 0 ? amount / weights.length : (amount * weight) / sum));
  const shares = exact.map(Math.floor);
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((one, other) => other.remainder - one.remainder || one.index - other.index);
  let left = amount - shares.reduce((one, other) => one + other, 0);
  for (let turn = 0; left > 0 && byRemainder.length > 0; turn++) {
    const index = byRemainder[turn % byRemainder.length]?.index ?? 0;
    shares[index] = (shares[index] ?? 0) + 1;
    left--;
  }
  if (amount >= shares.length) fillEmpty(shares);
  return shares.map(String);
}

/** Gives one to each empty share, taken from the largest. */
function fillEmpty(shares: number[]): void {
  const byWealth = shares
    .map((share, index) => ({ share, index }))
    .sort((one, other) => other.share - one.share);
  let donor = 0;
  for (let index = 0; index < shares.length; index++) {
    if (shares[index] !== 0) continue;
    while ((shares[byWealth[donor]?.index ?? 0] ?? 0) < 2) donor++;
    const from = byWealth[donor]?.index ?? 0;
    shares[from] = (shares[from] ?? 0) - 1;
    shares[index] = 1;
  }
}

/** The sum; if only one share is not 0, its own characters. */
export function addUp(shares: readonly string[]): string {
  const some = shares.filter((share) => share !== '0');
  if (some.length <= 1) return some[0] ?? '0';
  return String(some.reduce((sum, share) => sum + Number(share), 0));
}
