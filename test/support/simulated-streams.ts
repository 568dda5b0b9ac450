/**
 * Streams of simulated requests for a pool. Of each request the simulation knows the true probability that the earlier answer would
 * be wrong; a pool is judged by the mean of it over the hits that it served, never by its own labels.
 */
import process from 'node:process';
import type { Standing } from '../../packages/askonce/src/semantic/policies/contract.ts';
import { simulatedPool } from './simulated-pool.ts';

const seed = Number(process.env['ASKONCE_SIMULATION_SEED'] ?? 1);
export const streams = Number(process.env['ASKONCE_SIMULATION_STREAMS'] ?? 200);
const rates = [0.01, 0.02, 0.05, 0.1] as const;
const drifts = ['none', 'milder', 'worse', 'ruined'] as const;
const priors = [
  { upper: 0.988, lower: 0.9 },
  { upper: 0.95, lower: 0.85 },
  { upper: 0.98, lower: 0.93 },
] as const;

/** Some of the traffic: how near its candidates are, and how often they are wrong at a distance. */
interface Traffic {
  distance(): number;
  wrong(distance: number): number;
}

export interface StreamOptions {
  readonly number: number;
  readonly rate: number;
  /** How often the judge says the opposite. */
  readonly noise: number;
  readonly hits: number;
  /** What becomes of the traffic in the middle of the hits. */
  readonly drift: (typeof drifts)[number];
  /** Processes that share the traffic, and requests until one knows of another's labels. Default: one. */
  readonly processes?: number | undefined;
  readonly delay?: number | undefined;
  /** The share of the callers that are served, by the part of the stream that is over. Default: all of them. */
  readonly rollOut?: ((part: number) => number) | undefined;
}

export interface StreamResult {
  readonly hits: number;
  /** Means over hits. */
  readonly wrong: number;
  /** Of the hits that would have been served to requests in shadow. */
  readonly shadow: { readonly hits: number; readonly wrong: number };
  /** Of the hits after 40 labels of the served region since the drift. */
  readonly later: { readonly hits: number; readonly wrong: number };
  /** Requests until the first hit; undefined without one. */
  readonly firstHit: number | undefined;
  /** Where the pool stands at the end. */
  readonly standing: Standing;
}

function randomOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function traffic(random: () => number, span: number, rate: number, isTreacherous: boolean): Traffic {
  const centre = span * (isTreacherous ? 0.02 + 0.5 * random() : 0.4 + 1.6 * random());
  const width = span * (0.03 + 0.15 * random());
  const base = isTreacherous ? 0.3 * random() ** 2 : 0.3 * rate * random();
  const shape = 1 / (0.8 + 2 * random());
  const reach = span * (0.5 + random());
  return {
    distance: () => reach * random() ** shape,
    wrong: (distance) => base + (1 - base) / (1 + Math.exp((centre - distance) / width)),
  };
}

function drifted(before: Traffic, { drift, rate }: StreamOptions, random: () => number): Traffic {
  const { distance } = before;
  const factor = 1 + 4 * random();
  const ruin = Math.min(1, rate * 2.5 + 0.9 * random());
  if (drift === 'milder') return { distance, wrong: (at) => before.wrong(at) / factor };
  if (drift === 'worse')
    return { distance, wrong: (at) => Math.min(1, before.wrong(at) * factor + 2.5 * rate) };
  if (drift === 'ruined') return { distance, wrong: (at) => Math.max(ruin, before.wrong(at)) };
  return before;
}

const mostRequests = 15_000;

export function stream(options: StreamOptions): StreamResult {
  const { number, rate, noise, hits: wanted } = options;
  const random = randomOf(seed * 1_000_003 + number * 7_919);
  const prior = priors[number % priors.length] ?? priors[0];
  const { processes = 1, delay = 0, rollOut = () => 1 } = options;
  const poolAt = simulatedPool({
    prior,
    rate,
    random: randomOf(seed * 15_485_863 + number),
    processes,
    delay,
  });
  const balance = randomOf(seed * 32_452_843 + number);
  /** Whose request it is, from 0 to 1. */
  const callers = randomOf(seed * 49_979_687 + number);
  const span = 1 - prior.lower;
  let easy = traffic(random, span, rate, false);
  let treacherous = traffic(random, span, rate, true);
  const part = random() < 0.6 ? 0.03 * random() : 0.3 * random();
  let hits = 0;
  let wrong = 0;
  let firstHit: number | undefined;
  let hasDrifted = false;
  let labelsSince = 0;
  const later = { hits: 0, wrong: 0 };
  const shadow = { hits: 0, wrong: 0 };
  let request = 0;
  for (; request < mostRequests && hits < wanted; request++) {
    // Too treacherous to be served within the stream.
    if (hits + shadow.hits === 0 && request > 4_000) break;
    if (!hasDrifted && Math.max(hits, shadow.hits) >= Math.min(1_000, (2 * wanted) / 3)) {
      hasDrifted = true;
      easy = drifted(easy, options, random);
      treacherous = drifted(treacherous, options, random);
    }
    const from = random() < part ? treacherous : easy;
    const distance = from.distance();
    const probability = from.wrong(distance);
    const pool = poolAt(request, Math.floor(processes * balance()));
    const isShadow = callers() >= rollOut(request / mostRequests);
    const isSure = 1 - distance >= (pool.threshold ?? 1);
    const { action, sample } = pool.decide({
      similarity: 1 - distance,
      vetoed: false,
      identical: false,
      verifierPresent: false,
      isShadow,
    });
    if (action === 'shadow' && isSure) {
      shadow.hits++;
      shadow.wrong += probability;
    }
    if (action === 'serve') {
      hits++;
      firstHit ??= request;
      wrong += probability;
      if (labelsSince >= 40) {
        later.hits++;
        later.wrong += probability;
      }
    }
    if (sample === undefined) continue;
    if (hasDrifted && sample.isServed) labelsSince++;
    const isSaidWrong = random() < probability !== random() < noise;
    pool.learn(sample, isSaidWrong ? 'different' : 'same', `${request}`);
  }
  return {
    hits,
    wrong: mean(wrong, hits),
    shadow: { hits: shadow.hits, wrong: mean(shadow.wrong, shadow.hits) },
    later: { hits: later.hits, wrong: mean(later.wrong, later.hits) },
    firstHit,
    standing: poolAt(request, 0).report().similar.standing,
  };
}

/** Streams with at least 1 000 hits, served or in shadow, and the numbers of those whose hits are wrong more often than stated. */
export function longStreams(
  wanted: number,
  shared: Pick<StreamOptions, 'processes' | 'delay' | 'rollOut'> = {},
) {
  const long: StreamResult[] = [];
  const exceeding: number[] = [];
  const laterExceeding: number[] = [];
  let drift = 0;
  for (let number = 0; long.length < wanted && number < 20 * wanted; number++) {
    const rate = rates[number % rates.length] ?? 0.02;
    // A judge that is wrong more often than about half of the rate certifies nothing, which has a test of its own.
    const noise = rate * ([0, 0.3, 0.5][number % 3] ?? 0);
    const kind = drifts[drift % drifts.length] ?? 'none';
    const result = stream({ number, rate, noise, hits: 2_200, drift: kind, ...shared });
    const parts = [result, result.shadow].filter(({ hits }) => hits >= 1_000);
    if (parts.length === 0) continue;
    drift++;
    long.push(result);
    if (parts.some((part) => part.wrong > rate)) exceeding.push(number);
    if (result.later.hits > 0 && result.later.wrong > rate) laterExceeding.push(number);
  }
  return { long, exceeding, laterExceeding };
}

function mean(sum: number, count: number): number {
  return count === 0 ? 0 : sum / count;
}
