import { expect, it } from 'vitest';
import { pairTally, tally } from './tally.ts';

it('a tally has each of its names from the start, and counts all others as other', () => {
  const own = tally(['a', 'b']);
  expect([...own.counts]).toEqual([
    ['a', 0],
    ['b', 0],
  ]);
  own.add('a');
  own.add('a', 5);
  for (let stranger = 0; stranger < 1000; stranger++) own.add(`name ${stranger}`);
  expect([...own.counts]).toEqual([
    ['a', 6],
    ['b', 0],
    ['other', 1000],
  ]);
});

it('a tally of pairs has the pairs that were counted, and no name that is not one of its own', () => {
  const own = pairTally(['a'], ['x', 'y']);
  own.add('a', 'x');
  own.add('a', 'x');
  for (let stranger = 0; stranger < 1000; stranger++) own.add(`name ${stranger}`, `name ${stranger}`);
  expect(Array.from(own.counts, ([name, row]) => [name, [...row]])).toEqual([
    ['a', [['x', 2]]],
    ['other', [['other', 1000]]],
  ]);
});
