import { expect, it } from 'vitest';
import { settled } from '../../../../../test/support/gated-provider.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { resting } from './resting.ts';

function setUp() {
  const clock = fakeClock();
  const { rest, soon } = resting(clock);
  let ended = 0;
  const begin = (ms: number) =>
    void rest(ms).then(() => {
      ended += 1;
    });
  const endedAfter = async (ms: number) => {
    clock.advance(ms);
    await settled();
    return ended;
  };
  return { begin, soon, endedAfter };
}

it('a pause lasts as long as it was to, unless it is cut short', async () => {
  const { begin, soon, endedAfter } = setUp();
  begin(100);
  expect(await endedAfter(99)).toBe(0);
  expect(await endedAfter(1)).toBe(1);
  begin(100);
  soon(20);
  soon(50);
  expect(await endedAfter(19)).toBe(1);
  expect(await endedAfter(1)).toBe(2);
});

it('what was wanted soon before a pause began cuts that pause short, and no other', async () => {
  const { begin, soon, endedAfter } = setUp();
  soon(20);
  begin(100);
  expect(await endedAfter(20)).toBe(1);
  begin(100);
  expect(await endedAfter(99)).toBe(1);
  expect(await endedAfter(1)).toBe(2);
});

it('a pause of no time ends at once', async () => {
  const { begin, soon, endedAfter } = setUp();
  begin(0);
  expect(await endedAfter(0)).toBe(1);
  begin(100);
  soon(0);
  expect(await endedAfter(0)).toBe(2);
});
