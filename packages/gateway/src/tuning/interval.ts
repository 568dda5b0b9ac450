/**
 * The exact interval of a share (Clopper and Pearson, 1934), and how many more observations would narrow it enough.
 */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The two-sided level of all intervals here: the upper bound alone holds at 97.5 %. */
const tail = 0.025;

/** The 95 % interval of the share behind `hits` of `tries`; from 0 to 1 if nothing was tried. */
export function intervalOf(hits: number, tries: number): Interval {
  if (tries === 0) return { low: 0, high: 1 };
  return {
    low: hits === 0 ? 0 : root((share) => betaShare(hits, tries - hits + 1, share) - tail),
    high: hits === tries ? 1 : root((share) => betaShare(hits + 1, tries - hits, share) - (1 - tail)),
  };
}

/** Beyond this many tries nothing more is looked for. */
const maxTries = 10_000_000;

/**
 * The number of tries at which the upper bound comes down to `limit`, if the share stays what it is; undefined if it is
 * so near to the limit, or above it, that no practical number will do.
 */
export function triesNeeded(hits: number, tries: number, limit: number): number | undefined {
  const share = tries === 0 ? 0 : hits / tries;
  if (share >= limit) return undefined;
  const isEnough = (count: number) => intervalOf(Math.round(share * count), count).high <= limit;
  let most = Math.max(tries, 1);
  while (!isEnough(most)) {
    if (most > maxTries) return undefined;
    most *= 2;
  }
  let least = Math.floor(most / 2);
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (isEnough(middle)) most = middle;
    else least = middle;
  }
  return most;
}

/** Where a function that rises over [0, 1] is zero, to the precision of a double. */
function root(rising: (at: number) => number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The regularised incomplete beta function I_x(a, b), by its continued fraction (NIST Digital Library of Mathematical
 * Functions, 8.17.22), which converges fast on the side of the mean that is used.
 */
function betaShare(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * fraction(a, b, x)) / a
    : 1 - (front * fraction(b, a, 1 - x)) / b;
}

const maxTerms = 10_000;
const smallest = 1e-300;

/** The continued fraction by Lentz's method; a zero among its parts is replaced by the smallest number. */
function fraction(a: number, b: number, x: number): number {
  const apart = (value: number) => (Math.abs(value) < smallest ? smallest : value);
  let upper = 1;
  let lower = 1 / apart(1 - ((a + b) * x) / (a + 1));
  let value = lower;
  for (let term = 1; term <= maxTerms; term += 1) {
    const even = (term * (b - term) * x) / ((a + 2 * term - 1) * (a + 2 * term));
    const odd = (-(a + term) * (a + b + term) * x) / ((a + 2 * term) * (a + 2 * term + 1));
    for (const part of [even, odd]) {
      lower = 1 / apart(1 + part * lower);
      upper = apart(1 + part / upper);
      value *= lower * upper;
    }
    if (Math.abs(lower * upper - 1) < 1e-14) break;
  }
  return value;
}

/** The logarithm of the gamma function for x > 0, by Stirling's series after shifting x to where it is precise. */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  while (at < 10) {
    shift += Math.log(at);
    at += 1;
  }
  const inverse = 1 / (at * at);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / at;
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - shift;
}
