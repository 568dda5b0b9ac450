import { expect, it } from 'vitest';
import type { InvalidationLog } from '../invalidation/log.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { decideWithLog, needsLog, readLogIfDue } from './log-reading.ts';

/** A log of which only the readings matter. */
function setUp(state: Partial<Pick<InvalidationLog, 'isCurrent' | 'isInTrouble'>> = {}) {
  const clock = fakeClock();
  let readings = 0;
  const log: InvalidationLog = {
    position: { log: 'log', number: 0 },
    isCurrent: false,
    isTolerable: false,
    isInTrouble: false,
    spreadMs: 1_000,
    isCurrentFor: () => true,
    verdict: () => 'valid',
    catchUp() {
      readings += 1;
      return Promise.resolve(true);
    },
    append: () => Promise.resolve(),
    holdSweeps: () => () => {},
    close: () => {},
    ...state,
  };
  const engine = { log, clock, settings: { storeBudgetMs: 50 } };
  /** A decision that needs as many readings. */
  const after = (count: number) => () => (readings >= count ? `decided after ${readings}` : needsLog);
  return { engine, after, readings: () => readings };
}

it('decides at once, without a reading, where none is needed', async () => {
  const { engine, after, readings } = setUp();
  expect(await decideWithLog(engine, undefined, after(0))).toBe('decided after 0');
  expect(readings()).toBe(0);
});

it('decides after the reading that is in progress where that is enough', async () => {
  const { engine, after, readings } = setUp();
  expect(await decideWithLog(engine, readLogIfDue(engine), after(1))).toBe('decided after 1');
  expect(readings()).toBe(1);
});

it('reads once more where the reading in progress began too early', async () => {
  const { engine, after, readings } = setUp();
  expect(await decideWithLog(engine, readLogIfDue(engine), after(2))).toBe('decided after 2');
  expect(readings()).toBe(2);
});

it('reads where no reading is in progress, and gives up after one', async () => {
  const { engine, after, readings } = setUp();
  expect(await decideWithLog(engine, undefined, after(1))).toBe('decided after 1');
  expect(await decideWithLog(engine, undefined, after(9))).toBe(needsLog);
  expect(readings()).toBe(2);
});

it('starts no reading of a log that is in trouble, or that is current', async () => {
  const { engine, after, readings } = setUp({ isInTrouble: true });
  expect(readLogIfDue(engine)).toBeUndefined();
  expect(await decideWithLog(engine, undefined, after(1))).toBe(needsLog);
  expect(readings()).toBe(0);
  expect(readLogIfDue(setUp({ isCurrent: true }).engine)).toBeUndefined();
});

it('does not read again after a reading that took longer than the store may', async () => {
  const { engine, after, readings } = setUp();
  expect(await decideWithLog(engine, Promise.resolve(false), after(1))).toBe(needsLog);
  expect(readings()).toBe(0);
});
