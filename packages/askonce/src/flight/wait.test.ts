import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../../../test/support/garbage.ts';
import { Wait } from './wait.ts';

it('what waits for one thing after another ends with the first that comes, or as it is given up', async () => {
  const wait = new Wait(undefined);
  const never = new Promise<never>(() => {});
  expect(await wait.until<string>(never, Promise.resolve('come'))).toBe('come');
  await expect(wait.until(never, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  const waiting = wait.until(never);
  wait.giveUp(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
});

it('nothing is waited for once the signal is aborted, and what fails then is no unhandled rejection', async () => {
  const wait = new Wait(AbortSignal.abort(new Error('gone')));
  await expect(wait.until(Promise.resolve('come'))).rejects.toThrow('gone');
  await expect(wait.until(Promise.reject(new Error('late')))).rejects.toThrow('gone');
});

/** How many of the waits that `begin` has begun and ended are still held. */
async function held(begin: () => Promise<unknown>): Promise<number> {
  const ended: WeakRef<object>[] = [];
  for (let caller = 0; caller < 100; caller++) ended.push(new WeakRef(await begin().then(Object, Object)));
  // A turn: what a promise has resolved with is held until the end of this one.
  await setImmediate();
  collectGarbage();
  return ended.filter((one) => one.deref() !== undefined).length;
}

it('those that give up leave nothing at a promise that stays open, and the rest get what comes', async () => {
  const open = Promise.withResolvers<string>();
  const staying = [new Wait(undefined), new Wait(undefined)].map((wait) => wait.until(open.promise));
  const given = await held(() => {
    const wait = new Wait(undefined);
    const waiting = wait.until<string>(open.promise);
    wait.giveUp(new Error('left'));
    return waiting;
  });
  expect(given).toBe(0);
  open.resolve('come');
  expect(await Promise.all(staying)).toEqual(['come', 'come']);
  expect(await new Wait(undefined).until(open.promise)).toBe('come');
});

it('a wait that ends by one of several promises leaves nothing at the others', async () => {
  const open = new Promise<never>(() => {});
  expect(await held(() => new Wait(undefined).until<object>(open, Promise.resolve({})))).toBe(0);
});
