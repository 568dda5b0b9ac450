import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { lastKnown } from './last-known.ts';

it('figures that come in time are those of now', async () => {
  let figure = 0;
  const read = lastKnown(async () => ++figure, fakeClock());
  expect([await read(), await read()]).toEqual([1, 2]);
});

it('a store that hangs delays no scrape for longer than a moment, and is asked once at a time', async () => {
  const clock = fakeClock();
  let asked = 0;
  let answer = (_figure: number) => {};
  const read = lastKnown(() => {
    asked++;
    return new Promise<number>((resolve) => {
      answer = resolve;
    });
  }, clock);
  for (let scrape = 0; scrape < 3; scrape++) {
    const pending = read();
    clock.advance(100);
    expect(await pending).toBeUndefined();
  }
  expect(asked).toBe(1);
  answer(7);
  const pending = read();
  expect(await pending).toBe(7);
  const late = read();
  clock.advance(100);
  expect(await late).toBe(7);
  expect(asked).toBe(2);
});

it('a store that fails is asked again, and leaves the last known figures', async () => {
  const answers = [1, new Error('down'), 3];
  const read = lastKnown(async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  }, fakeClock());
  expect([await read(), await read(), await read()]).toEqual([1, 1, 3]);
});
