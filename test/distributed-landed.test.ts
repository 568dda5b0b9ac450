import { expect, it } from 'vitest';
import { chat, completion, json } from './support/chat.ts';
import { collectGarbage } from './support/garbage.ts';
import { textOf } from './support/gated-provider.ts';
import { processes } from './support/processes.ts';

it('a process holds nothing of the requests whose answers it has stored, although others may still ask for these', async () => {
  const { one, pass } = await processes(1);
  const { cache, count } = one(0);
  const provider = async () => ({
    status: 200,
    headers: json,
    body: (async function* () {
      yield Buffer.from(completion());
    })(),
  });
  async function asked(number: number): Promise<WeakRef<object>> {
    const request = chat({ question: `question ${number}` });
    await textOf(await cache.ask(request, provider));
    return new WeakRef(request);
  }
  const requests: WeakRef<object>[] = [];
  for (let number = 0; number < 20; number++) requests.push(await asked(number));
  await pass(20);
  expect([count('stored'), count('lease', 'acquired')]).toEqual([20, 20]);
  collectGarbage();
  // The last one of a kind is held, so that the next is recognised as such.
  expect(requests.filter((request) => request.deref() !== undefined).length).toBeLessThanOrEqual(2);
});
