import { expect, it } from 'vitest';
import type { Notices } from '../../store/shared.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { noProgress, type Progress, turnsBy } from './turns.ts';

const times = { beatMs: 10_000, restBeatMs: 60_000, abandonedMs: 600_000 };

function shared() {
  const clock = fakeClock();
  const texts = new Map<string, string>();
  const notices: Notices = {
    get: async (name) => texts.get(name),
    async put(name, text, over) {
      const there = texts.get(name);
      if (there !== undefined && there !== over) return there;
      texts.set(name, text);
      return text;
    },
  };
  return { clock, texts, process: (embedder: string) => turnsBy({ notices, clock, embedder, times }) };
}

const working = (done: number): Progress => ({ done, of: 9, complete: false, left: 0 });
const complete: Progress = { done: 9, of: 9, complete: true, left: 0 };

it('one process has the turn, and the others see how far it is', async () => {
  const { process } = shared();
  const [one, other] = [process('e'), process('e')];
  expect(await one.step(noProgress)).toEqual({ isMine: true, isTakenOver: false, progress: noProgress });
  expect(await one.step(working(3))).toMatchObject({ isMine: true, progress: working(3) });
  expect(await other.step(noProgress)).toEqual({ isMine: false, progress: working(3) });
});

it('of processes that take a free turn at once, one has it', async () => {
  const { process } = shared();
  const turns = await Promise.all(Array.from({ length: 5 }, () => process('e').step(noProgress)));
  expect(turns.filter(({ isMine }) => isMine)).toHaveLength(1);
});

it('a process that falls silent loses its turn after three beats, and the next goes on from its progress', async () => {
  const { clock, process } = shared();
  const [killed, next] = [process('e'), process('e')];
  await killed.step(noProgress);
  await killed.step(working(3));
  expect(await next.step(noProgress)).toMatchObject({ isMine: false });
  clock.advance(29_999);
  expect(await next.step(noProgress)).toMatchObject({ isMine: false });
  clock.advance(1);
  expect(await next.step(noProgress)).toEqual({ isMine: true, isTakenOver: true, progress: working(3) });
  expect(await killed.step(working(4))).toMatchObject({ isMine: false });
});

it('a process that has done everything writes less often, and is missed after three of those beats', async () => {
  const { clock, process } = shared();
  const [first, next] = [process('e'), process('e')];
  await first.step(noProgress);
  await first.step(complete);
  await next.step(noProgress);
  clock.advance(179_999);
  expect(await next.step(noProgress)).toMatchObject({ isMine: false });
  clock.advance(1);
  expect(await next.step(noProgress)).toEqual({ isMine: true, isTakenOver: false, progress: complete });
});

it('a turn that was ended in order is free at once', async () => {
  const { process } = shared();
  const [first, next] = [process('e'), process('e')];
  await first.step(noProgress);
  await next.step(noProgress);
  await first.end(working(5));
  expect(await next.step(noProgress)).toMatchObject({ isMine: true, progress: working(5) });
  await first.end(working(1));
  expect(await next.step(working(6))).toMatchObject({ isMine: true });
});

it('an embedder that is new to the store is announced, and processes of the one before stop for good', async () => {
  const { clock, process } = shared();
  const [old, changed] = [process('old'), process('new')];
  await old.step(working(3));
  expect(await changed.step(noProgress)).toEqual({ isMine: true, isTakenOver: false, progress: noProgress });
  // For hours, and after a restart.
  for (let round = 0; round < 1_000; round++) {
    clock.advance(10_000);
    expect(await changed.step(working(round))).toMatchObject({ isMine: true });
    const again = round % 10 === 0 ? process('old') : old;
    expect(await again.step(working(4))).toEqual({ isMine: false, progress: undefined });
  }
});

it('the embedder before is announced again once no process of the new one has been left for ten minutes', async () => {
  const { clock, process } = shared();
  const [old, changed] = [process('old'), process('new')];
  await old.step(working(3));
  await changed.step(working(1));
  await old.step(working(3));
  clock.advance(599_999);
  expect(await old.step(working(3))).toMatchObject({ isMine: false });
  clock.advance(1);
  expect(await old.step(working(3))).toEqual({ isMine: true, isTakenOver: false, progress: noProgress });
  expect(await changed.step(working(2))).toMatchObject({ isMine: false });
});

it('a notice that cannot be read is replaced', async () => {
  const { process, texts } = shared();
  texts.set('reembedding', '{"embedder": 1}');
  expect(await process('e').step(noProgress)).toMatchObject({ isMine: true });
});
