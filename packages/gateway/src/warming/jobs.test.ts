import { setImmediate } from 'node:timers/promises';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../../../test/support/garbage.ts';
import type { Asker } from './asker.ts';
import { warmJobs } from './jobs.ts';
import type { WarmRequest } from './request.ts';

const request = (body: string): WarmRequest => ({
  ...{ protocol: 'openai-chat', path: '/v1/chat/completions', family: 'openai', model: 'm', headers: {} },
  body,
});

/** Everything is stored. */
function setUp(more: Partial<Asker> = {}) {
  const jobs = warmJobs({
    asker: {
      send: async () => ({ status: 200, headers: {}, body: Buffer.from('{}') }),
      providerOf: () => 'https://provider.test/v1',
      ...more,
    },
    clock: fakeClock(),
    concurrency: 3,
    perSecond: 1000,
    costOf: async () => ({ usage: undefined, cost: { nano: 0, estimated: false, promptCacheNano: 0 } }),
    counted: () => {},
    ended: () => {},
  });
  const turnsUntilEnded = async (id: string) => {
    let turns = 0;
    for (; jobs.get(id)?.ended === undefined && turns < 10_000; turns += 1) await setImmediate();
    return turns;
  };
  /** Two questions whose request nothing else holds. */
  const begun = () => {
    const one = request('{"a large":"body"}');
    return { held: new WeakRef(one), id: jobs.begin([one, one]).id };
  };
  return { jobs, turnsUntilEnded, begun };
}

/** Whether an object is collected as soon as nothing is left to do. */
async function isCollected(held: WeakRef<object>): Promise<boolean> {
  for (let times = 0; held.deref() !== undefined && times < 20; times += 1) {
    await setImmediate();
    collectGarbage();
  }
  return held.deref() === undefined;
}

it('a job that has ended holds no request, and still says how many questions it had', async () => {
  const { jobs, turnsUntilEnded, begun } = setUp();
  const { held, id } = begun();
  await turnsUntilEnded(id);
  expect(await isCollected(held)).toBe(true);
  expect(jobs.get(id)).toMatchObject({ state: 'done', questions: 2, figures: { skipped: 2 } });
});

it('a job that is stopped while it waits holds no request, and one that waits does', async () => {
  const never = Promise.withResolvers<never>();
  const { jobs, begun } = setUp({ send: () => never.promise });
  jobs.begin([request('{}')]);
  const [stopped, waiting] = [begun(), begun()];
  jobs.stop(stopped.id);
  expect(await isCollected(stopped.held)).toBe(true);
  expect(await isCollected(waiting.held)).toBe(false);
  expect(jobs.get(stopped.id)).toMatchObject({ state: 'stopped', questions: 2 });
});

it('a job whose answers are all in memory leaves turns of the event loop to requests', async () => {
  const { jobs, turnsUntilEnded } = setUp();
  const { id } = jobs.begin(Array.from({ length: 8_000 }, () => request('{}')));
  expect(await turnsUntilEnded(id)).toBeGreaterThanOrEqual(8_000 / 16);
});
