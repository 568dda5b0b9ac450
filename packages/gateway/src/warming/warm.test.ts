import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import type { Asker, WarmAnswer } from './asker.ts';
import type { WarmRequest } from './request.ts';
import { type WarmOptions, warm } from './warm.ts';

const request = (question: string): WarmRequest => ({
  protocol: 'openai-chat',
  path: '/v1/chat/completions',
  family: 'openai',
  model: 'm',
  headers: {},
  body: question,
});

const answer = (
  status: number,
  cacheStatus = 'askonce; fwd=miss',
  more: WarmAnswer['headers'] = {},
): WarmAnswer => ({
  status,
  headers: { 'cache-status': cacheStatus, ...more },
  body: Buffer.from('{}'),
});

const usage = { inputTokens: 3, outputTokens: 5 };

type Answering = (question: string, call: number) => WarmAnswer;

/** Warms over a store of questions; time goes on whenever nothing else can. */
function setUp(
  questions: readonly string[],
  answering: Answering = () => answer(200),
  more: Partial<WarmOptions> = {},
) {
  const clock = fakeClock();
  const stored = new Set<string>();
  const calls: { readonly question: string; readonly at: number }[] = [];
  let most = 0;
  let now = 0;
  const asker: Asker = {
    async send({ body }, mode) {
      if (mode === 'look') return answer(stored.has(body) ? 200 : 504);
      calls.push({ question: body, at: clock.monotonic() });
      now += 1;
      most = Math.max(most, now);
      await new Promise<void>((resolve) => void clock.schedule(resolve, 10));
      now -= 1;
      const made = answering(body, calls.filter(({ question }) => question === body).length);
      if (made.status < 400 && made.headers['x-unstored'] === undefined) stored.add(body);
      return made;
    },
    providerOf: () => 'https://provider.test/v1',
  };
  const stopping = new AbortController();
  const run = warm({
    rows: questions.map((question, at) => ({ request: request(question), at })),
    asker,
    clock,
    concurrency: 3,
    perSecond: 1,
    signal: stopping.signal,
    costOf: async () => ({ usage, cost: { nano: 2_000_000, estimated: true, promptCacheNano: 0 } }),
    ...more,
  });
  async function ended() {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    run.ended.then(over, over);
    for (let turn = 0; !isOver && turn < 100_000; turn += 1) {
      for (let settled = 0; settled < 4; settled += 1) await new Promise(setImmediate);
      if (!isOver) clock.advance(5);
    }
    return { ...(await run.ended), ...run.figures() };
  }
  const secondsBetween = () =>
    calls.slice(1).map(({ at }, index) => Math.round((at - (calls[index]?.at ?? 0)) / 100) / 10);
  return { clock, stored, calls, stopping, run, ended, secondsBetween, most: () => most };
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `question ${index}`);

describe('warming', () => {
  it('asks each question once, one a second, and counts what it did and spent', async () => {
    const { ended, calls, secondsBetween } = setUp(numbered(4));
    expect(await ended()).toMatchObject({
      ...{ state: 'done', processed: 4, created: 4, skipped: 0, failed: 0, failures: [] },
      ...{ inputTokens: 12, outputTokens: 20, cost: 0.008, costEstimated: true },
    });
    expect(calls).toHaveLength(4);
    expect(secondsBetween()).toEqual([1, 1, 1]);
  });

  it('skips what is there without a call, and without waiting for the pace', async () => {
    const { ended, stored, calls, clock } = setUp(numbered(1_000));
    for (const question of numbered(1_000)) stored.add(question);
    const began = clock.monotonic();
    expect(await ended()).toMatchObject({ processed: 1_000, skipped: 1_000 });
    expect(calls).toEqual([]);
    expect(clock.monotonic() - began).toBeLessThan(10_000);
  });

  it('has no more calls under way than its concurrency', async () => {
    const { ended, most } = setUp(numbered(12), undefined, { concurrency: 2, perSecond: 1_000 });
    await ended();
    expect(most()).toBe(2);
  });

  it('calls no provider in a dry run', async () => {
    const { ended, stored, calls } = setUp(numbered(3), undefined, { dryRun: true });
    stored.add('question 1');
    expect(await ended()).toMatchObject({ processed: 3, skipped: 1, absent: 2, created: 0, cost: 0 });
    expect(calls).toEqual([]);
  });

  it('counts an answer that another request has asked for as skipped, and as no spending', async () => {
    const { ended } = setUp(['a', 'b'], (question) =>
      answer(200, question === 'a' ? 'askonce; fwd=miss; collapsed' : 'askonce; hit; ttl=9; detail="memory"'),
    );
    expect(await ended()).toMatchObject({ skipped: 2, created: 0, cost: 0 });
  });

  it('counts an answer that is not stored as failed, and what it cost as spent', async () => {
    const { ended } = setUp(['a'], () => answer(200, undefined, { 'x-unstored': '1' }));
    expect(await ended()).toMatchObject({
      ...{ created: 0, failed: 1, cost: 0.002 },
      failures: [{ reason: 'the answer was not stored', count: 1, at: [0] }],
    });
  });
});

describe('warming while the provider fails', () => {
  it('tries a question again after growing waits, and goes on with the others', async () => {
    const { ended, calls } = setUp(numbered(3), (question, call) =>
      answer(question === 'question 1' && call < 3 ? 500 : 200),
    );
    expect(await ended()).toMatchObject({ created: 3, failed: 0 });
    expect(calls).toHaveLength(5);
  });

  it('gives a question up after four calls', async () => {
    const { ended, calls } = setUp(numbered(3), (question) => answer(question === 'question 1' ? 500 : 200));
    expect(await ended()).toMatchObject({
      ...{ state: 'done', created: 2, failed: 1 },
      failures: [{ reason: 'the provider failed (status 500)', count: 1, at: [1] }],
    });
    expect(calls.filter(({ question }) => question === 'question 1')).toHaveLength(4);
  });

  it('makes no call at all for as long as a provider that limits requests asks for', async () => {
    const { ended, calls } = setUp(numbered(3), (_, call) =>
      call === 1 ? answer(429, undefined, { 'retry-after': '20' }) : answer(200),
    );
    expect(await ended()).toMatchObject({ created: 3, failed: 0 });
    expect(calls.slice(0, 4).map(({ at }) => Math.round((at - (calls[0]?.at ?? 0)) / 1_000))).toEqual([
      0, 20, 21, 41,
    ]);
  });

  it('does not wait for longer than a minute', async () => {
    const { ended, calls } = setUp(['a'], () => answer(429, undefined, { 'retry-after': '3600' }));
    expect(await ended()).toMatchObject({
      failures: [{ reason: 'the provider limits requests (status 429)', count: 1 }],
    });
    expect(calls).toHaveLength(1);
  });

  it('does not try a wrong request again', async () => {
    const { ended, calls } = setUp(['a', 'b'], (question) => answer(question === 'a' ? 400 : 200));
    expect(await ended()).toMatchObject({ created: 1, failed: 1 });
    expect(calls).toHaveLength(2);
  });

  it('stops after three refusals of the key, whatever is left', async () => {
    const { ended, calls } = setUp(numbered(10_000), () => answer(401), { concurrency: 1 });
    expect(await ended()).toMatchObject({
      ...{ state: 'stopped', processed: 3, failed: 3 },
      reason:
        '3 questions in a row failed: the provider refuses the account: check the key, its rights and its credit (status 401)',
    });
    expect(calls).toHaveLength(3);
  });

  it('stops after ten failures in a row, and not before', async () => {
    const { ended } = setUp(numbered(100), () => answer(400), { concurrency: 1 });
    expect(await ended()).toMatchObject({ state: 'stopped', failed: 10 });
    const mixed = setUp(numbered(40), (question) => answer(question.endsWith('9') ? 200 : 400), {
      concurrency: 1,
    });
    expect(await mixed.ended()).toMatchObject({ state: 'done', processed: 40, failed: 36, created: 4 });
  });

  it('counts an error that the gateway remembers as no call', async () => {
    const { ended, calls } = setUp(['a'], (_, call) => {
      if (call === 1) return answer(500);
      return call < 8
        ? answer(500, 'askonce; hit; ttl=1; detail="negative"', { 'retry-after': '1' })
        : answer(200);
    });
    expect(await ended()).toMatchObject({ created: 1, failed: 0 });
    expect(calls).toHaveLength(8);
  });
});

describe('the rows of warming', () => {
  it('a wrong row is a failure of its own, and the rest goes on', async () => {
    const { ended } = setUp([], undefined, {
      rows: [
        { at: 1, fault: 'question: is empty' },
        { at: 2, request: request('a') },
        { at: 3, fault: 'question: is empty' },
      ],
    });
    expect(await ended()).toMatchObject({
      ...{ state: 'done', processed: 3, created: 1, failed: 2 },
      failures: [{ reason: 'question: is empty', count: 2, at: [1, 3] }],
    });
  });

  it('rows that cannot be read end the work, after what is under way', async () => {
    async function* broken() {
      yield { at: 1, request: request('a') };
      throw new Error('the disk is gone');
    }
    const { ended, run } = setUp([], undefined, { rows: broken() });
    await expect(ended()).rejects.toThrow('the disk is gone');
    expect(run.figures().created).toBe(1);
  });

  it('an interrupted run ends what is under way, begins nothing else, and counts only what was done', async () => {
    const { ended, stopping, calls } = setUp(numbered(100), () => {
      if (calls.length === 5) stopping.abort();
      return answer(200);
    });
    expect(await ended()).toMatchObject({ state: 'interrupted', processed: 5, created: 5, failed: 0 });
    expect(calls).toHaveLength(5);
  });

  it('at most twenty reasons are counted apart, with the first five places of each', async () => {
    const rows = Array.from({ length: 60 }, (_, at) => ({ at, fault: `reason ${Math.min(at, 30)}` }));
    const { failures } = await setUp([], undefined, { rows, concurrency: 1 }).ended();
    expect(failures).toHaveLength(21);
    expect(failures.at(-1)).toEqual({ reason: 'other reasons', count: 40, at: [20, 21, 22, 23, 24] });
  });
});
