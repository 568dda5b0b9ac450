import { expect, it } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import { turns } from './turns.ts';

/** Turns of the event loop, by a clock that each piece of work moves by so many ms. */
function set(eachMs: number) {
  const clock = fakeClock();
  const done: string[] = [];
  const work = (name: string) => () => {
    clock.advance(eachMs);
    done.push(name);
    return name;
  };
  return { turn: turns(clock), done, work };
}

const nextTurn = () => new Promise(setImmediate);

it('a search begins at once, and answers at once, until those of its turn have taken 5 ms', async () => {
  const { turn, done, work } = set(2);
  const answers = ['a', 'b', 'c', 'd', 'e'].map((name) => turn.search(work(name)));
  expect(answers.slice(0, 3)).toEqual(['a', 'b', 'c']);
  expect(done).toEqual(['a', 'b', 'c']);
  expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('searches that wait are run in order, some in each turn', async () => {
  const { turn, done, work } = set(3);
  for (let number = 0; number < 6; number++) void turn.search(work(`s${number}`));
  const counts = [done.length];
  while (done.length < 6) {
    await nextTurn();
    counts.push(done.length);
  }
  expect(counts).toEqual([2, 4, 6]);
  expect(done).toEqual(['s0', 's1', 's2', 's3', 's4', 's5']);
});

it('one piece of background work is run in each turn, and searches go on beside it', async () => {
  const { turn, done, work } = set(4);
  for (const name of ['w0', 'w1']) void turn.background(work(name));
  for (const name of ['s0', 's1', 's2', 's3']) void turn.search(work(name));
  expect(done).toEqual(['s0', 's1']);
  await nextTurn();
  expect(done).toEqual(['s0', 's1', 'w0', 's2', 's3']);
  await nextTurn();
  expect(done.at(-1)).toBe('w1');
});

it('a piece that throws rejects for its own caller, and the others are run', async () => {
  const { turn, work } = set(6);
  const fail = () => {
    throw new Error('broken');
  };
  const first = turn.search(work('first'));
  const broken = Promise.resolve(turn.search(fail));
  const last = turn.search(work('last'));
  await expect(broken).rejects.toThrow('broken');
  await expect(turn.background(fail)).rejects.toThrow('broken');
  expect([await first, await last]).toEqual(['first', 'last']);
});
