/**
 * Labels of one pool that several processes count in one store while they are killed and cut off: each is counted once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from 'askonce';
import { expect, it, onTestFinished } from 'vitest';
import { noticeLabels } from '../packages/askonce/src/semantic/policies/notice-labels.ts';
import { openPlace, type Place, poolId, rules, timesCounted } from './support/labels-place.ts';
import { sharedCluster, sharedRedis, startRedis, startTroubleProxy } from './support/redis-server.ts';
import { ownKeys } from './support/redis-stores.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** Labels of each process. */
const count = 200;

interface Child {
  readonly from: number;
  /** How many of its labels are certain to be counted. */
  readonly certain: () => number;
  readonly ended: Promise<unknown>;
  kill(): void;
}

/** Counts labels from this number on; `onCertain` is called each time that more are certain. */
function counting(place: Place, from: number, onCertain: (child: Child) => void = () => {}): Child {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      '--conditions=askonce-source',
      '--disable-warning=ExperimentalWarning',
      new URL('./support/labels-child.ts', import.meta.url).pathname,
      ...[JSON.stringify(place), `${from}`, `${count}`],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let certain = 0;
  const made: Child = {
    from,
    certain: () => certain,
    ended: new Promise((resolve) => child.once('close', resolve)),
    kill: () => void child.kill('SIGKILL'),
  };
  if (child.stdout === null) throw new TypeError('the child has no output');
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('all')) return;
    certain = Number(line);
    onCertain(made);
  });
  return made;
}

/** What was counted, label by label: those that are certain once, all others at most once. */
async function expectOnce(place: Place, children: readonly Child[]): Promise<void> {
  const { notices, close } = await openPlace(place);
  const { record } = await noticeLabels(notices, systemClock).update(
    poolId,
    { writer: 'reader', batches: [] },
    rules,
  );
  await close();
  const wrong: unknown[] = [];
  for (const { from, certain } of children)
    for (let label = 0; label < count; label++) {
      const times = timesCounted(record, from + label);
      if (times > 1 || (times === 0 && label < certain())) wrong.push({ label: from + label, times });
    }
  expect(wrong).toEqual([]);
  expect(record.labels).toBeGreaterThanOrEqual(children.reduce((sum, child) => sum + child.certain(), 0));
}

/** Three processes at a time, each killed at a random moment and followed by another one. */
async function killed(place: Place): Promise<readonly Child[]> {
  const children: Child[] = [];
  const lives = async (from: number) => {
    for (let life = 0; life < 2; life++) {
      // The last one counts all of its labels.
      const until = life === 0 ? Math.floor(Math.random() * count) : count + 1;
      const child = counting(place, from + life * count, (one) => {
        if (one.certain() > until) setImmediate(() => one.kill());
      });
      children.push(child);
      await child.ended;
      if (life === 1) expect(child.certain()).toBe(count);
    }
  };
  await Promise.all([0, 2 * count, 4 * count].map(lives));
  return children;
}

it.each<{ name: string; place: () => Promise<Place> | Place }>([
  { name: 'Redis', place: () => ({ url: sharedRedis(), prefix: ownKeys().prefix }) },
  {
    name: 'a Redis Cluster',
    place: async () => ({ clusterNodes: [...(await sharedCluster())], prefix: ownKeys().prefix }),
  },
  { name: 'a file of SQLite', place: () => ({ folder: temporaryFolder() }) },
])(
  'processes that share $name count each label once, though they are killed at random moments',
  async ({ place }) => {
    const where = await place();
    await expectOnce(where, await killed(where));
  },
  120_000,
);

it('processes whose answers from Redis are cut off at random count each label once', async () => {
  const server = await startRedis();
  const { prefix } = ownKeys();
  const children = await Promise.all(
    [0, 1, 2, 3].map(async (index) => {
      const proxy = await startTroubleProxy(server.port);
      const child = counting({ url: proxy.url, prefix }, index * count, (one) => {
        if (one.certain() % 20 !== 0) return;
        // In the middle of an answer, which is lost, as are all others for a moment.
        proxy.cutAfter(Math.floor(Math.random() * 400), 'to client');
        void setTimeout(100).then(() => proxy.heal());
      });
      return child;
    }),
  );
  await Promise.all(children.map(({ ended }) => ended));
  for (const { certain } of children) expect(certain()).toBe(count);
  await expectOnce({ url: server.url, prefix }, children);
}, 120_000);

it('labels outlive a Redis that is restarted empty under the processes that count them', async () => {
  const server = await startRedis();
  const { prefix } = ownKeys();
  let isEmptied = false;
  let restarted: Promise<void> | undefined;
  const children = [0, 1, 2].map((index) =>
    counting({ url: server.url, prefix }, index * count, (one) => {
      if (isEmptied || one.certain() < count / 2) return;
      isEmptied = true;
      restarted = server.restartEmpty();
    }),
  );
  await Promise.all(children.map(({ ended }) => ended));
  await restarted;
  expect(isEmptied).toBe(true);
  for (const { certain } of children) expect(certain()).toBe(count);
  await expectOnce({ url: server.url, prefix }, children);
}, 120_000);
