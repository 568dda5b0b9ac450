import { expect, it } from 'vitest';
import { settled } from '../../../../test/support/gated-provider.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { sweeps } from './sweeps.ts';

function swept() {
  const clock = fakeClock();
  const begun: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const sweeping = sweeps(clock, () => {
    begun.push(clock.monotonic());
    return new Promise<void>((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  });
  return { clock, begun, sweeping, end: (error?: Error) => ends.at(-1)?.(error) };
}

it('a sweep begins at once, and the next one a second later at the earliest, however often one is due', async () => {
  const { clock, begun, sweeping, end } = swept();
  for (let ms = 0; ms < 3_000; ms += 10) {
    sweeping.due();
    clock.advance(10);
    end();
    await settled();
  }
  expect(begun).toEqual([0, 1_000, 2_000, 3_000]);
  clock.advance(10_000);
  await settled();
  expect(begun).toEqual([0, 1_000, 2_000, 3_000]);
});

it('no sweep begins during another one, and one that became due meanwhile begins after it', async () => {
  const { clock, begun, sweeping, end } = swept();
  sweeping.due();
  clock.advance(0);
  sweeping.due();
  clock.advance(5_000);
  expect(begun).toEqual([0]);
  end(new Error('this one failed'));
  await settled();
  clock.advance(0);
  expect(begun).toEqual([0, 5_000]);
});

it('no sweep begins while it is held, and one begins once it is held no more, due before or not', async () => {
  const { clock, begun, sweeping, end } = swept();
  const releases = [sweeping.hold(), sweeping.hold()];
  sweeping.due();
  for (const release of releases) {
    clock.advance(5_000);
    expect(begun).toEqual([]);
    release();
  }
  clock.advance(0);
  expect(begun).toEqual([10_000]);
  end();
  await settled();
  sweeping.hold()();
  clock.advance(1_000);
  expect(begun).toEqual([10_000, 11_000]);
});

it('no sweep begins after it is closed', () => {
  const { clock, begun, sweeping } = swept();
  sweeping.due();
  sweeping.close();
  sweeping.due();
  clock.advance(5_000);
  expect(begun).toEqual([]);
});
