/**
 * The guarantee by simulation, for one process.
 *
 * Other streams: `ASKONCE_SIMULATION_SEED=7 ASKONCE_SIMULATION_STREAMS=1000 npx vitest run guarantee`.
 */
import { expect, it } from 'vitest';
import { longStreams, stream, streams } from '../../../../../test/support/simulated-streams.ts';
import type { Standing } from './contract.ts';

it('of streams with at least 1 000 hits, at least 95 % keep the stated rate per hit, and so do their hits after a drift', () => {
  const { long, exceeding, laterExceeding } = longStreams(streams);
  expect(long).toHaveLength(streams);
  expect(exceeding.length).toBeLessThanOrEqual(0.05 * streams);
  expect(laterExceeding.length).toBeLessThanOrEqual(0.05 * streams);
}, 900_000);

/** Shares of the callers over a stream: never any, always half, and from shadow to all and back. */
const rollOuts = {
  'in shadow': () => 0,
  'rolled out to half of the callers': () => 0.5,
  'switched between shadow, 10 %, 50 % and all callers': (part: number) =>
    [0, 0.1, 0.5, 1, 0, 1][Math.min(5, Math.floor(8 * part))] ?? 1,
};

it.each(Object.keys(rollOuts).map((name) => [name]))(
  '%s, at least 95 in 100 streams keep the stated rate, among hits that are served and hits in shadow',
  (name) => {
    const rollOut = Object.entries(rollOuts).find(([one]) => one === name)?.[1];
    const wanted = streams / 10;
    const { long, exceeding } = longStreams(wanted, { rollOut });
    expect(long).toHaveLength(wanted);
    expect(exceeding.length).toBeLessThanOrEqual(0.05 * wanted);
  },
  900_000,
);

it('a judge that is wrong more often than the stated rate certifies nothing', () => {
  const served: number[] = [];
  const standings: Standing[] = [];
  let number = 0;
  for (const rate of [0.01, 0.02, 0.03] as const)
    for (let n = 0; n < streams / 10; n++) {
      const result = stream({ number: number++, rate, noise: 0.05, hits: 1_000, drift: 'none' });
      if (result.hits > 0) served.push(number);
      standings.push(result.standing);
    }
  expect(served).toEqual([]);
  expect(standings).not.toContain('certified');
  // The rest has too few candidates to be labelled.
  const refused = standings.filter((standing) => standing === 'cannot-certify');
  expect(refused.length).toBeGreaterThan(standings.length / 2);
}, 900_000);
