/**
 * The share of would-be hits that are judged.
 *
 * It begins at 1. Once the rate is certified it falls as hits come: with a share a, a drift costs (1 − a) / a wrong hits on
 * average before its first wrong label, however bad it is, and these must fit into what the rate leaves free.
 */
import { mostHalvings } from './evidence.ts';

/** The part of the stated rate that is left for drifts; the labels aim at the rest. */
const reserve = 0.1;
/** The guarantee is on the average over the hits of a stream of at least so many. */
const shortestStream = 1_000;
/** Share of the would-be hits that a pool with a verifier judges while they are not served unverified anyway. */
export const shareBesideVerifier = 0.1;
/** Share that is judged where enough labels have not shown the rate. */
export const shareWithoutHope = 0.25;

export interface ServedSoFar {
  readonly rate: number;
  /** Hits so far, estimated from the labels. */
  readonly hits: number;
  /** The share that the operator wants in the end. */
  readonly atLeast: number;
}

export function shareOf({ rate, hits, atLeast }: ServedSoFar): number {
  const affordable = reserve * rate * Math.max(shortestStream, hits);
  return Math.min(1, Math.max(atLeast, 1 / (1 + affordable)));
}

/** The largest share of near misses whose weight is a power of one half: with it comes how many halvings that is. */
export function nearMissShare(share: number): { readonly share: number; readonly halvings: number } {
  const halvings = Math.min(mostHalvings, Math.floor(Math.log2(1 / share)));
  return { share: share * 2 ** halvings, halvings };
}
