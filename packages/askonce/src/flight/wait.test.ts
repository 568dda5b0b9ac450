import { expect, it, vi } from 'vitest';
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

it('nothing is waited for once the signal is aborted', async () => {
  const wait = new Wait(AbortSignal.abort(new Error('gone')));
  await expect(wait.until(Promise.resolve('come'))).rejects.toThrow('gone');
});

it('those that give up leave nothing at a promise that stays open, and the rest get what comes', async () => {
  const open = Promise.withResolvers<string>();
  const listening = vi.spyOn(open.promise, 'then');
  const staying = [new Wait(undefined), new Wait(undefined)].map((wait) => wait.until(open.promise));
  for (let caller = 0; caller < 1_000; caller++) {
    const wait = new Wait(undefined);
    const waiting = wait.until<string>(open.promise);
    wait.giveUp(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
  }
  expect(listening).toHaveBeenCalledTimes(1);
  open.resolve('come');
  expect(await Promise.all(staying)).toEqual(['come', 'come']);
  expect(await new Wait(undefined).until(open.promise)).toBe('come');
});

it('a wait that ends by one of several promises leaves nothing at the others', async () => {
  const open = new Promise<never>(() => {});
  const listening = vi.spyOn(open, 'then');
  for (let caller = 0; caller < 100; caller++)
    expect(await new Wait(undefined).until<string>(open, Promise.resolve('come'))).toBe('come');
  expect(listening).toHaveBeenCalledTimes(1);
});
