/**
 * Feedback at another process than the one that gave the hit: a match says all that feedback needs, to each process with the
 * secret and the store.
 */
import { AskonceError, type Cache, createCache, type Feedback } from 'askonce';
import type { Embedder } from 'askonce/semantic';
import { sqliteStore } from 'askonce/sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { chat, completion } from './support/chat.ts';
import { capital, capitalAgain, wordEmbedder } from './support/semantic-set-up.ts';
import { saying } from './support/set-up-cache.ts';
import { polled } from './support/shared-gateways.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const provider = saying(completion());
/** One for all: it gives each word a direction when it first sees it. */
const embedder = wordEmbedder();

async function opened(
  folder: string,
  { secret = 'a secret of the test', own = embedder }: { secret?: string; own?: Embedder } = {},
): Promise<Cache> {
  const cache = createCache({
    store: await sqliteStore({ folder }),
    settings: { secret, semanticUpper: 0.8, semanticGuards: 'none', storeBudgetMs: 10_000 },
    semantic: { embedder: own },
  });
  onTestFinished(() => cache.close(0));
  return cache;
}

/** The matches of so many hits, each of a question of its own. */
async function hits(cache: Cache, count: number): Promise<readonly string[]> {
  const matches: string[] = [];
  const template = (index: number) => ({ context: { template: { id: `t${index}` } } });
  for (let index = 0; index < count; index++) {
    await cache.ask(chat({ question: capital, ...template(index) }), provider);
    // A cache that has just begun reads its blocks and its feed first.
    const again = chat({ question: capitalAgain, directives: { onlyIfCached: true }, ...template(index) });
    const hit = await polled(
      () => cache.ask(again, provider).catch(() => undefined),
      (reply) => reply?.match !== undefined,
    );
    matches.push(hit?.match ?? '');
  }
  return matches;
}

const wrong = (cache: Cache, matches: readonly string[], more: Partial<Feedback> = {}) =>
  Promise.all(matches.map((match) => cache.feedback({ match, verdict: 'wrong', ...more })));

const thresholds = async (cache: Cache) =>
  (await cache.semantic()).pools.map(({ threshold, language }) => ({ threshold, language }));

it('a process that never served the pool blocks by the match of another, and raises the threshold that all share', async () => {
  const folder = temporaryFolder();
  const [one, other] = [await opened(folder), await opened(folder)];
  const matches = await hits(one, 3);
  expect(await thresholds(other)).toEqual([]);
  expect(await wrong(other, matches)).toEqual(matches.map(() => ({ blocked: true })));
  const [pool] = await thresholds(other);
  expect(pool?.language).toBe('en');
  expect(pool?.threshold).toBeGreaterThan(0.85);
  expect((await other.semantic()).blocked).toBe(3);
});

it('a process that began after the hit takes its feedback, by the credential that got it alone', async () => {
  const folder = temporaryFolder();
  const before = await opened(folder);
  const [match = ''] = await hits(before, 1);
  await before.close();
  const after = await opened(folder);
  const headers = { authorization: 'Bearer beta' };
  await expect(wrong(after, [match], { headers })).rejects.toMatchObject({ code: 'feedback_forbidden' });
  expect((await after.semantic()).blocked).toBe(0);
  expect(await wrong(after, [match], { headers: { authorization: 'Bearer alpha' } })).toEqual([
    { blocked: true },
  ]);
  expect((await after.semantic()).blocked).toBe(1);
});

it('the same feedback at two processes counts once, however often it is given', async () => {
  const folder = temporaryFolder();
  const [one, other] = [await opened(folder), await opened(folder)];
  const [first = '', second = '', third = ''] = await hits(one, 3);
  for (const cache of [one, other, one, other]) await wrong(cache, [first]);
  await wrong(other, [second, second]);
  // Three hits that were wrong raise it.
  expect(await thresholds(other)).toEqual([{ language: 'en', threshold: 0.8 }]);
  await wrong(other, [third]);
  expect((await thresholds(other))[0]?.threshold).toBeGreaterThan(0.85);
});

it('after a change of embedder feedback blocks the answer, and says nothing of the new pools', async () => {
  const folder = temporaryFolder();
  const before = await opened(folder);
  const matches = await hits(before, 3);
  const after = await opened(folder, { own: { ...embedder, version: 'another' } });
  expect(await wrong(after, matches)).toEqual(matches.map(() => ({ blocked: true })));
  expect(await thresholds(after)).toEqual([]);
});

it('a match of another secret is unknown in the same words as one that was never given', async () => {
  const [one, other] = [
    await opened(temporaryFolder()),
    await opened(temporaryFolder(), { secret: 'another secret of the test' }),
  ];
  const [match = ''] = await hits(one, 1);
  const answers = await Promise.all(
    [match, match.slice(0, -4), 'A'.repeat(match.length), 'A', ''].map((id) =>
      wrong(other, [id]).then(String, (error: unknown) =>
        AskonceError.isInstance(error) ? `${error.code}: ${error.message}` : String(error),
      ),
    ),
  );
  expect(answers[0]).toMatch(/^match_unknown: /);
  expect(new Set(answers).size).toBe(1);
});
