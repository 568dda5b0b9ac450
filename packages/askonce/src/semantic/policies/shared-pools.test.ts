/**
 * One pool of several processes: what one learns the others know within a second, whatever the store does.
 */
import { expect, it } from 'vitest';
import { settled } from '../../../../../test/support/gated-provider.ts';
import { memoryFeeds } from '../../../../../test/support/memory-feeds.ts';
import { memoryNotices } from '../../../../../test/support/memory-notices.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { noticeLabels } from './notice-labels.ts';
import { createPools } from './pools.ts';

const near = { similarity: 0.99, vetoed: false, identical: false, verifierPresent: false };
let labels = 0;

function processes(count: number, { hasFeed = true, hasJudge = true } = {}) {
  const clock = fakeClock();
  const notices = memoryNotices();
  const feeds = memoryFeeds();
  const all = Array.from({ length: count }, () => {
    const troubles: unknown[] = [];
    const pools = createPools({
      embedder: { name: 'static-256', version: '1', prefix: '', pooling: 'sum', weights: 'w' },
      fingerprint: 'static-256:1',
      versions: [],
      allGuards: true,
      maxErrorRate: 0.05,
      auditShare: 0.03,
      judge: hasJudge ? 'answers' : undefined,
      labels: noticeLabels(notices, clock),
      feed: hasFeed ? feeds.add() : undefined,
      isShared: true,
      clock,
      onTrouble: (error) => troubles.push(error),
    });
    const pool = () => pools.of({ tenant: 'a' });
    return {
      ...{ pools, pool, troubles },
      labels: () => pool().report().similar.labels,
      /** Asks until so many would-be hits were judged. */
      teach(times: number, verdict: 'same' | 'different' = 'same') {
        for (let judged = 0; judged < times; ) {
          const { sample } = pool().decide(near);
          if (sample === undefined) continue;
          judged += 1;
          pool().learn(sample, verdict, `${labels++}`);
        }
      },
      serves: () => Array.from({ length: 60 }, () => pool().decide(near).action).includes('serve'),
    };
  });
  /** Moves time on in small steps; what is reported arrives after each quarter of a second. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      await settled();
      if (passed % 250 === 0) feeds.pass();
      await settled();
    }
  }
  function one(index: number) {
    const process = all[index];
    if (process === undefined) throw new RangeError(`there is no process ${index}`);
    return process;
  }
  return { clock, notices, feeds, all, one, pass };
}

it('four processes certify a rate with the labels that one would need', async () => {
  const { all, one, pass } = processes(4);
  for (const { pool } of all) pool();
  await pass(500);
  // Some 120 flawless labels certify 5 %.
  for (const { teach } of all) teach(40);
  expect(one(0).pool().report().similar.standing).toBe('learning');
  await pass(1_000);
  for (const { pool } of all)
    expect(pool().report().similar).toMatchObject({
      standing: 'certified',
      labels: { right: 160, wrong: 0 },
    });
});

it('the rest of a burst of labels is written as soon as its beginning', async () => {
  const { one, pass } = processes(2);
  one(1).pool();
  await pass(500);
  one(0).teach(70);
  await pass(1_500);
  expect(one(1).labels()).toEqual({ right: 70, wrong: 0 });
});

it('what one has certified the others serve within a second, though they judged nothing', async () => {
  const { one, pass } = processes(2);
  one(1).pool();
  await pass(500);
  one(0).teach(200);
  expect([one(0).serves(), one(1).serves()]).toEqual([true, false]);
  await pass(1_000);
  expect(one(1).serves()).toBe(true);
});

it('a wrong label ends the hits of all processes: it is written at once, and read as soon as the feed names the pool', async () => {
  const { one, pass, feeds, notices, clock } = processes(2);
  one(1).pool();
  one(0).teach(400);
  await pass(1_000);
  const before = notices.calls;
  one(0).teach(1, 'different');
  await settled();
  expect(notices.calls).toBeGreaterThan(before);
  clock.advance(50);
  expect(feeds.pass()).toBe(1);
  clock.advance(100);
  await settled();
  expect([one(0).serves(), one(1).serves()]).toEqual([false, false]);
});

it('labels of others that cannot be read for a second end what the pool serves by its labels, until they can', async () => {
  const { one, pass, notices } = processes(2);
  one(1).pool();
  one(0).teach(400);
  await pass(1_000);
  one(0).teach(1);
  await pass(700);
  expect(one(1).serves()).toBe(true);
  one(0).teach(1);
  await one(0).pools.flush();
  notices.before = () => {
    throw new Error('the store is away');
  };
  await pass(2_000);
  expect(one(1).serves()).toBe(false);
  expect(one(1).pool().threshold).toBe(undefined);
  expect(
    one(1)
      .pool()
      .decide({ ...near, identical: true }),
  ).toEqual({ action: 'serve' });
  expect(one(1).pools.trouble()).toMatch(/labels of one pool.*the store is away/);
  notices.before = () => {};
  await pass(1_000);
  expect(one(1).serves()).toBe(true);
  expect(one(1).pools.trouble()).toBe(undefined);
});

it('after changes were missed each pool is read again', async () => {
  const { one, pass, feeds, clock } = processes(2);
  one(1).pool();
  await pass(500);
  one(0).teach(60);
  await one(0).pools.flush();
  clock.advance(50);
  feeds.lose();
  clock.advance(100);
  await settled();
  expect(one(1).labels()).toEqual({ right: 60, wrong: 0 });
});

it('without a feed the record of a pool that is used is read again each second', async () => {
  const { one, pass, notices } = processes(2, { hasFeed: false });
  one(1).pool();
  await pass(500);
  one(0).teach(60);
  await pass(500);
  one(1).pool();
  await pass(1_000);
  one(1).pool();
  await pass(50);
  expect(one(1).labels()).toEqual({ right: 60, wrong: 0 });
  const before = notices.calls;
  await pass(10_000);
  expect(notices.calls).toBe(before);
});

it('with answers lost, calls refused and calls delayed at random, each label is counted once', async () => {
  const { all, one, pass, notices } = processes(4);
  let call = 0;
  const fails = () => {
    call += 1;
    if (call % 3 === 0) throw new Error('no answer');
    return call % 4 === 0 ? new Promise<void>((resolve) => void setImmediate(resolve)) : undefined;
  };
  for (let round = 0; round < 20; round++) {
    notices.before = round % 3 === 0 ? fails : () => {};
    notices.after = round % 2 === 0 ? fails : () => {};
    // Other labels than the last 128 come between a write and its repetition.
    for (const { teach } of all) teach(50);
    await pass(250);
  }
  notices.before = () => {};
  notices.after = () => {};
  await pass(2_000);
  const expected = all.map(() => 20 * 4 * 50);
  expect(all.map(({ labels }) => labels().right)).toEqual(expected);
  expect(one(0).troubles.length).toBeGreaterThan(0);
  expect(one(0).pools.trouble()).toBe(undefined);
});

it('while the store is away each process learns on, writes it all later, and reports the trouble once a minute', async () => {
  const { all, one, pass, notices } = processes(2);
  for (const { pool } of all) pool();
  await pass(500);
  notices.before = () => {
    throw new Error('the store is away');
  };
  for (const { teach } of all) teach(200);
  await pass(30_000);
  expect(one(0).pool().report().similar.standing).toBe('certified');
  expect(one(0).troubles).toHaveLength(1);
  notices.before = () => {};
  await pass(2_000);
  for (const { labels } of all) expect(labels()).toEqual({ right: 400, wrong: 0 });
});

it('a store that lost everything gets the labels back, though the processes report the loss at the same time', async () => {
  const { all, pass, notices, feeds } = processes(4);
  for (const { teach } of all) teach(60);
  await pass(1_500);
  notices.texts.clear();
  for (const { teach } of all) teach(5);
  feeds.lose();
  await pass(2_000);
  for (const { pool } of all)
    expect(pool().report().similar).toMatchObject({
      standing: 'certified',
      labels: { right: 4 * 65, wrong: 0 },
    });
});

it('without a judge, feedback at all processes together raises the threshold of each', async () => {
  const { all, one, pass } = processes(4, { hasJudge: false });
  for (const { pool } of all) for (let n = 0; n < 5; n++) pool().decide(near);
  await pass(500);
  for (const [n, { pool }] of all.slice(0, 3).entries()) pool().distrust(near.similarity, `match ${n}`);
  await pass(1_000);
  for (const { pool } of all) expect(pool().threshold).toBeGreaterThan(near.similarity);
  expect(one(3).pool().decide(near)).toEqual({ action: 'miss' });
});

it('the same feedback at two processes counts once', async () => {
  const { all, pass } = processes(3, { hasJudge: false });
  for (const { pool } of all) pool();
  await pass(500);
  for (const { pool } of all) pool().distrust(near.similarity, 'one match');
  await pass(1_000);
  for (const { pool } of all) expect(pool().decide(near)).toEqual({ action: 'serve' });
});

it('feedback that the hits of all processes outweigh leaves the threshold', async () => {
  const { all, one, pass } = processes(2, { hasJudge: false });
  for (const { pool } of all) for (let n = 0; n < 50; n++) pool().decide(near);
  await pass(500);
  one(0).pool().distrust(near.similarity, 'one');
  one(1).pool().distrust(near.similarity, 'two');
  one(0).pool().distrust(near.similarity, 'three');
  await pass(1_000);
  // 3 of 100 are less than 5 %; one process alone has 3 of 50.
  for (const { pool } of all) expect(pool().decide(near)).toEqual({ action: 'serve' });
});

it('feedback at a process that has not used the pool is counted on what the others have learned of it', async () => {
  const { one, pass } = processes(2);
  one(0).teach(256);
  await pass(1_000);
  expect(one(0).serves()).toBe(true);
  const { id, parts } = one(0).pool();
  const found = await one(1).pools.find(parts, id.slice(0, 12));
  expect(found?.report().similar.labels.right).toBe(256);
  found?.distrust(near.similarity, 'one match');
  await pass(1_000);
  expect(one(0).serves()).toBe(false);
});
