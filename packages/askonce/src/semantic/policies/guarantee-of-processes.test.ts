/** The guarantee by simulation, for four processes that share their labels a second late. */
import { expect, it } from 'vitest';
import { longStreams, streams } from '../../../../../test/support/simulated-streams.ts';

/** Requests that come within the second that labels take to the other processes. */
const perSecond = 20;

it('four processes that share their labels a second late keep the stated rate as one does, and certify it about as soon', () => {
  const wanted = streams / 2;
  const alone = longStreams(wanted);
  const shared = longStreams(wanted, { processes: 4, delay: perSecond });
  expect(shared.long).toHaveLength(wanted);
  expect(shared.exceeding.length).toBeLessThanOrEqual(0.05 * wanted);
  expect(shared.laterExceeding.length).toBeLessThanOrEqual(0.05 * wanted);
  const firstHits = ({ long }: typeof alone) => long.reduce((sum, { firstHit = 0 }) => sum + firstHit, 0);
  expect(firstHits(shared)).toBeLessThan(1.15 * firstHits(alone));
}, 900_000);
