import { expect, it } from 'vitest';
import { thoroughLooks } from './thorough-looks.ts';

/** Looks that end when the test says so, by the order in which they began. */
function looking() {
  const begun: PromiseWithResolvers<number>[] = [];
  const look = () => {
    const ending = Promise.withResolvers<number>();
    begun.push(ending);
    return ending.promise;
  };
  return { begun, look };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('looks run one after another, and one that fails does not keep the next from running', async () => {
  const { begun, look } = looking();
  const looks = thoroughLooks();
  const [ada, bob] = [looks.queue('ada', look), looks.queue('bob', look)];
  await turn();
  expect(begun).toHaveLength(1);
  begun[0]?.reject(new Error('the store failed'));
  await expect(ada).rejects.toThrow('the store failed');
  await turn();
  expect(begun).toHaveLength(2);
  begun[1]?.resolve(7);
  expect(await bob).toBe(7);
});

it('a look that has not begun serves every erasure of its user, and one in progress none that comes later', async () => {
  const { begun, look } = looking();
  const looks = thoroughLooks();
  const first = looks.queue('ada', look);
  await turn();
  const [second, third] = [looks.queue('ada', look), looks.queue('ada', look)];
  begun[0]?.resolve(1);
  expect(await first).toBe(1);
  await turn();
  begun[1]?.resolve(2);
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  expect(begun).toHaveLength(2);
});

it('an erasure is refused while as many looks wait as may, and accepted once one has begun', async () => {
  const { begun, look } = looking();
  const looks = thoroughLooks(2);
  const first = looks.queue('a', look);
  await turn();
  const waiting = ['b', 'c'].map((user) => looks.queue(user, look));
  expect(() => looks.queue('d', look)).toThrow(expect.objectContaining({ code: 'invalidation_failed' }));
  begun[0]?.resolve(0);
  await first;
  await turn();
  waiting.push(looks.queue('d', look));
  for (const at of [1, 2, 3]) {
    begun[at]?.resolve(at);
    await turn();
  }
  expect(await Promise.all(waiting)).toEqual([1, 2, 3]);
});
