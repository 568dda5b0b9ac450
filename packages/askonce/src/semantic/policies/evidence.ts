/**
 * What labels say about a region's rate of wrong answers per hit: an anytime-valid test, an estimate and an interval.
 *
 * The test is a betting e-process (Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, 2023):
 * capital that grows when labels are right and shrinks when they are wrong, a supermartingale as long as the rate is not below
 * the stated one. By Ville's inequality it ever reaches 1/α with probability at most α, however often one looks.
 */

/** Weights are powers of one half down to this one, so that a region's labels are a dozen counters. */
export const mostHalvings = 5;
/** Counters of one cell: for each weight the right labels, then the wrong ones. */
export const countersPerCell = 2 * (mostHalvings + 1);

/**
 * The bets: each is the best one if the true rate is this part of the stated one. They are fixed, so that the order of the
 * labels does not matter, and the capital is their mean.
 */
const bets = [
  { part: 0.02, capital: 0.25 },
  { part: 0.15, capital: 0.15 },
  { part: 0.3, capital: 0.2 },
  { part: 0.45, capital: 0.2 },
  { part: 0.6, capital: 0.2 },
] as const;

/** Natural logarithm of the capital against "the region's rate is at least `rate`". */
export type Test = (counters: readonly number[]) => number;

/** The test for a stated rate. Its logarithms are taken once a rate. */
export function testOf(rate: number): Test {
  const known = tests.get(rate);
  if (known !== undefined) return known;
  const made = newTest(rate);
  if (tests.size >= mostTests) tests.clear();
  tests.set(rate, made);
  return made;
}

const tests = new Map<number, Test>();
const mostTests = 64;

function newTest(rate: number): Test {
  const games = bets.map(({ part, capital }) => {
    const growth: number[] = [];
    for (let halvings = 0; halvings <= mostHalvings; halvings++) {
      const weight = 2 ** -halvings;
      const stake = (weight * (1 - part)) / (1 - rate);
      growth.push(Math.log1p(stake * rate), Math.log1p(-stake * (1 - rate)));
    }
    return { start: Math.log(capital), growth };
  });
  /** Logarithms of what each game has; overwritten by each call. */
  const capitals = games.map(({ start }) => start);
  return (counters) => {
    let most = Number.NEGATIVE_INFINITY;
    for (const [which, { start, growth }] of games.entries()) {
      let game = start;
      for (let index = 0; index < countersPerCell; index++) {
        const labels = counters[index] ?? 0;
        if (labels > 0) game += labels * (growth[index] ?? 0);
      }
      capitals[which] = game;
      most = Math.max(most, game);
    }
    return most + Math.log(capitals.reduce((sum, game) => sum + Math.exp(game - most), 0));
  };
}

export interface Tally {
  readonly right: number;
  readonly wrong: number;
  /** Weighted share of wrong labels; undefined without labels. */
  readonly estimate: number | undefined;
  /** Effective number of labels (Kish). */
  readonly effective: number;
}

export function tallyOf(counters: readonly number[]): Tally {
  let right = 0;
  let wrong = 0;
  let weighted = 0;
  let weightedWrong = 0;
  let squares = 0;
  for (let halvings = 0; halvings <= mostHalvings; halvings++) {
    const weight = 2 ** -halvings;
    const rightHere = counters[2 * halvings] ?? 0;
    const wrongHere = counters[2 * halvings + 1] ?? 0;
    right += rightHere;
    wrong += wrongHere;
    weighted += weight * (rightHere + wrongHere);
    weightedWrong += weight * wrongHere;
    squares += weight * weight * (rightHere + wrongHere);
  }
  const isEmpty = right + wrong === 0;
  return {
    right,
    wrong,
    estimate: isEmpty ? undefined : weightedWrong / weighted,
    effective: isEmpty ? 0 : (weighted * weighted) / squares,
  };
}

/** The Wilson interval of a share at 95 %. It informs; nothing is decided by it. */
export function intervalOf(share: number, labels: number): { readonly low: number; readonly high: number } {
  const z = 1.96;
  const spread = (z * z) / labels;
  const middle = share + spread / 2;
  const half = z * Math.sqrt((share * (1 - share)) / labels + spread / (4 * labels));
  return {
    low: Math.max(0, (middle - half) / (1 + spread)),
    high: Math.min(1, (middle + half) / (1 + spread)),
  };
}
