/**
 * What a semantic tier keeps over a restart, and over kill -9: vectors lie in their entries, labels in the store.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { createCache, memoryStore, tieredStore } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { chat, completion } from './support/chat.ts';
import { capital, capitalAgain, wordEmbedder } from './support/semantic-set-up.ts';
import { saying } from './support/set-up-cache.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const secret = 'a secret of the test';
/** No test is about the machine's speed. */
const storeBudgetMs = 10_000;
const settings = { secret, semanticUpper: 0.7, semanticGuards: 'none', storeBudgetMs } as const;
const provider = saying(completion());

async function opened(folder: string) {
  const store = tieredStore({ upper: memoryStore(), lower: await sqliteStore({ folder }), budgetMs: 10_000 });
  return createCache({ store, settings, semantic: { embedder: wordEmbedder() } });
}

/** Asks until the indexes are built from the store. */
async function built(cache: ReturnType<typeof createCache>): Promise<void> {
  while ((await cache.semantic()).indexes.building)
    await new Promise<void>((resolve) => setImmediate(resolve));
}

it('after a restart a question in other words is answered by what was stored before', async () => {
  const folder = temporaryFolder();
  const before = await opened(folder);
  await before.ask(chat({ question: capital }), provider);
  await before.close();
  const after = await opened(folder);
  await built(after);
  // The credential was accepted before.
  const reply = await after.ask(chat({ question: capitalAgain }), () => Promise.reject(new Error('asked')));
  expect(reply.cacheStatus.detail).toBe('semantic');
  await after.close();
});

it('an entry that feedback has blocked stays blocked after a restart', async () => {
  const folder = temporaryFolder();
  const before = await opened(folder);
  await before.ask(chat({ question: capital }), provider);
  const { match = '' } = await before.ask(chat({ question: capitalAgain }), provider);
  await before.feedback({ match, verdict: 'wrong' });
  await before.close();
  const after = await opened(folder);
  await built(after);
  const reply = await after.ask(chat({ question: capitalAgain }), provider);
  expect(reply.cacheStatus).toMatchObject({ kind: 'forward', reason: 'miss' });
  expect((await after.ask(chat({ question: capital }), provider)).cacheStatus.kind).toBe('hit');
  await after.close();
});

const progress = z.object({ labels: z.number(), asked: z.number(), at: z.number() });

it('kill -9 loses the labels of at most a second, and no vector of a stored entry', async () => {
  const folder = temporaryFolder();
  const child = spawn(
    process.execPath,
    [
      '--conditions=askonce-source',
      new URL('./support/semantic-child.ts', import.meta.url).pathname,
      folder,
      '5000',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const seen: z.output<typeof progress>[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'all') seen.push(progress.parse(JSON.parse(line)));
    const [first] = seen;
    const last = seen.at(-1);
    // So long that labels of more than a second ago are among them.
    if (line === 'all' || (first && last && last.at - first.at > 2_500)) break;
  }
  child.kill('SIGKILL');
  await ended;

  const last = seen.at(-1);
  if (last === undefined) throw new TypeError('the child has done nothing');
  const aSecondAgo = seen.findLast(({ at }) => at <= last.at - 1_000)?.labels ?? 0;
  const store = await sqliteStore({ folder });
  const judged = { embedder: wordEmbedder(), sameAnswer: () => true };
  const strict = { ...settings, semanticMaxErrorRate: 0.0005 };
  const cache = createCache({ store, settings: strict, semantic: judged });
  await built(cache);
  expect((await cache.semantic()).indexes.vectors).toBeGreaterThanOrEqual(last.asked);
  for await (const batch of cache.entries())
    for (const { meta } of batch) expect(meta.vector).toMatch(/^[\w-]+$/);
  // A pool reads its labels once it is asked for.
  await cache.ask(
    chat({ question: 'What is the usual meaning of the word red in plain English?' }),
    provider,
  );
  const labels = async () => (await cache.semantic()).pools[0]?.similar.labels.right ?? 0;
  await expect.poll(labels, { timeout: 10_000 }).toBeGreaterThanOrEqual(Math.max(1, aSecondAgo));
  await cache.close();
}, 60_000);
