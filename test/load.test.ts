import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { arriving } from '../load/arrivals.ts';
import { counted, findingLine, notSent, quantile, timed } from '../load/findings.ts';
import { root } from './support/pages.ts';

const run = promisify(execFile);

it('requests arrive at their rate although none is answered, and each waits since it was due', async () => {
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  const order: number[] = [];
  const { answers, unsent } = await arriving({ perSecond: 500, seconds: 0.1 }, async (n) => {
    order.push(n);
    if (n === 49) resolve();
    await answered;
    return n;
  });
  expect(order).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect([answers.length, unsent]).toEqual([50, 0]);
  const waits = answers.toSorted((one, other) => one.answer - other.answer).map(({ ms }) => ms);
  // All are answered at one instant, so who was due earlier has waited longer, however late it was sent.
  expect(waits).toEqual(waits.toSorted((one, other) => other - one));
  expect(waits[0]).toBeGreaterThanOrEqual(98);
});

it('a server that falls too far behind is sent nothing more, and what was not sent is counted', async () => {
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  let sent = 0;
  const { answers, unsent } = await arriving({ perSecond: 1_000_000, seconds: 0.006 }, async () => {
    sent += 1;
    // Holds the event loop until all others are due, which are then sent in one go.
    const until = performance.now() + 10;
    while (sent === 1 && performance.now() < until);
    if (sent === 5000) resolve();
    await answered;
  });
  expect([answers.length, unsent]).toEqual([5000, 1000]);
});

it('a count must be exact, and a time within its goal', () => {
  expect([1, 2, 0].map((calls) => counted('one key', 'calls', calls, 1).met)).toEqual([true, false, false]);
  expect([99.9, 100].map((ms) => timed('rate', 'p95', ms, { below: 100 }).met)).toEqual([true, false]);
  expect([10, 10.1, Number.NaN].map((ms) => timed('rate', 'p95', ms, { most: 10 }).met)).toEqual([
    true,
    false,
    false,
  ]);
  expect(findingLine(counted('one key', 'calls', 2, 1))).toMatch(/^one key +calls +2 {2}= 1 +NO$/);
});

it('requests that a slow machine could not send are a matter of pace, and failed answers are not', () => {
  expect([0, 7].map((unsent) => notSent('rate', unsent))).toMatchObject([
    { kind: 'pace', met: true },
    { kind: 'pace', met: false },
  ]);
  expect(findingLine(notSent('rate', 7))).toMatch(/^rate +requests not sent +7 {2}= 0 +NO$/);
  expect(counted('rate', 'failed answers', 7, 0)).toMatchObject({ kind: 'count', met: false });
});

it('a quantile is the value of its rank', () => {
  const values = [5, 1, 4, 2, 3];
  expect([0, 0.2, 0.5, 0.95, 1].map((share) => quantile(values, share))).toEqual([1, 1, 3, 5, 5]);
  expect(quantile([], 0.95)).toBeNaN();
});

it('the load test refuses an option that it does not know, and lists those that it does', async () => {
  const main = ['--conditions=askonce-source', join(root, 'load/main.ts')];
  await expect(run(process.execPath, [...main, '--shrt'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--short'),
  });
  const { stdout } = await run(process.execPath, [...main, '--help']);
  for (const option of ['--short', '--strict', '--json FILE']) expect(stdout).toContain(option);
});
