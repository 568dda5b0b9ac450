/**
 * Whatever a remote embedder does, requests are answered, with no more than its budget added, and a breaker opens.
 */
import { cacheStatusHeader } from 'askonce';
import { type PostAnswer, type PostFetch, remoteEmbedder } from 'askonce/semantic';
import { describe, expect, it } from 'vitest';
import { answer, completion } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { capital, capitalAgain, setUpSemantic, wordEmbedder } from './support/semantic-set-up.ts';

type Mood = 'sound' | 'dead' | 'silent' | 'lying' | 'garbage' | 'refusing';
const budgetMs = 250;
const key = 'sk-embeddings';

function replyOf(status: number, body: string): PostAnswer {
  const pieces = async function* () {
    yield Buffer.from(body);
  };
  return { status, body: pieces() };
}
const vectors = (embedding: readonly number[]) => replyOf(200, JSON.stringify({ data: [{ embedding }] }));

function setUp() {
  const words = wordEmbedder();
  const remote: { mood: Mood; calls: number } = { mood: 'sound', calls: 0 };
  const fetch: PostFetch = async (_url, { body, signal }) => {
    remote.calls += 1;
    const { input }: { readonly input: readonly string[] } = JSON.parse(body);
    const components = [...((await words.embed(input[0] ?? '')) ?? [])];
    switch (remote.mood) {
      case 'sound':
        return vectors(components);
      case 'dead':
        throw new TypeError('fetch failed');
      case 'silent':
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      case 'lying':
        return vectors([...components, 1]);
      case 'garbage':
        return replyOf(200, '<html>');
      case 'refusing':
        return replyOf(401, `wrong key ${key}`);
    }
  };
  const embedder = remoteEmbedder({ baseUrl: 'https://embeddings.test/v1', model: 'm', apiKey: key, fetch });
  const cache = setUpSemantic({ semantic: { embedder } });
  return { ...cache, remote };
}

const troubles: readonly (readonly [Mood, number, RegExp])[] = [
  ['dead', 0, /cannot be reached/],
  ['silent', budgetMs, /took more than 250 ms/],
  ['lying', 0, /a vector of 65 components after one of 64/],
  ['garbage', 0, /did not answer with JSON/],
  ['refusing', 0, /status 401; check its API key/],
];

describe('a cache with a remote embedder', () => {
  it('a question in other words is a hit', async () => {
    const { stored } = setUp();
    await stored({ question: capital });
    expect(cacheStatusHeader((await stored({ question: capitalAgain })).cacheStatus)).toContain('"semantic"');
  });

  it.each(troubles)(
    'a %s embedder costs each of five questions at most its budget, then none',
    async (mood, costMs, message) => {
      const { clock, events, remote, ask, stored, calls, call } = setUp();
      await stored({ question: capital });
      remote.mood = mood;
      const before = remote.calls;
      for (let n = 1; n <= 8; n++) {
        const asked = ask({ question: `What is the capital city of the country number ${n}?` });
        await settled();
        // The provider is called once the embedder has had its time, and at once when it is left alone.
        expect(calls).toHaveLength(costMs > 0 && n <= 5 ? n : n + 1);
        clock.advance(costMs);
        await settled();
        answer(call(n));
        expect(await textOf(await asked)).toBe(completion());
      }
      expect(remote.calls - before).toBe(5);
      const reported = events.filter(({ type }) => type === 'semantic-trouble');
      expect(reported).toHaveLength(2);
      expect(JSON.stringify(reported)).toMatch(message);
      expect(JSON.stringify(reported)).not.toMatch(/sk-embeddings|capital|country/);
    },
  );
});
