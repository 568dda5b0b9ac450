/**
 * Everyday questions and traps through a cache with a local model, on SQLite and on Redis, beside two thousand other questions:
 * how many paraphrases are served, and are look-alikes kept apart? Once by the model's prior alone, and once with a verifier
 * that knows the truth.
 *
 * Needs `../shared/data` and `../shared/models` (`ASKONCE_DATA`, `ASKONCE_MODELS` name other folders).
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, createCache, type Store } from 'askonce';
import { redisStore } from 'askonce/redis';
import type { Embedder, Verifier } from 'askonce/semantic';
import { sqliteStore } from 'askonce/sqlite';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { benchSecret } from './entries.ts';
import { answerOf, completionOf, questionBody, textOfCompletion } from './hour/answers.ts';
import { everydayMeanings, type Question } from './hour/questions.ts';
import { openLocalModel } from './local-model.ts';
import { Skipped } from './measure.ts';
import { answeringWith, chatRequest } from './requests.ts';
import type { Measured } from './rows.ts';
import { semanticData } from './semantic-data.ts';

const otherQuestions = 2_000;

interface Opened {
  readonly store: Store;
  readonly stop: () => Promise<void>;
}

const stores = { sqlite: onSqlite, redis: onRedis } as const;

interface Outcome {
  /** Questions that got the answer to another one. */
  readonly wrong: number;
  /** Questions that got the answer to the same one in other words. */
  readonly served: number;
  /** Questions whose meaning had been asked for in other words. */
  readonly repeats: number;
}

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  const { questions, others } = await everythingAsked();
  const embedder = await openLocalModel();
  try {
    for (const [name, open] of Object.entries(stores)) {
      const [wrong, reuse] = [`semantic-${name}-wrong`, `semantic-${name}-served`];
      if (![wrong, reuse].some(wanted)) continue;
      const alone = await asked(open, embedder, undefined, others, questions);
      const verified = await asked(open, embedder, knowing(questions), others, questions);
      const wrongOnes = alone.wrong + verified.wrong;
      if (wanted(wrong)) yield { row: wrong, ours: wrongOnes, ratio: wrongOnes };
      if (wanted(reuse)) yield { row: reuse, ours: verified.served, beside: verified.repeats };
    }
  } finally {
    await embedder.close?.();
  }
}

async function everythingAsked() {
  const { texts } = await semanticData();
  const meanings = await everydayMeanings().catch((error: unknown) => {
    throw new Skipped(`no questions (${error instanceof Error ? error.message : String(error)})`);
  });
  const questions = meanings.flat();
  const own = new Set(questions.map(({ text }) => text));
  const step = Math.floor(texts.length / otherQuestions);
  const others = texts
    .filter(({ text }, place) => place % step === 0 && !own.has(text))
    .map(({ text, language }) => ({ text, language, meaning: text, category: 'others' }));
  return { questions, others };
}

async function asked(
  open: () => Promise<Opened>,
  embedder: Embedder,
  verifier: Verifier | undefined,
  others: readonly Question[],
  questions: readonly Question[],
): Promise<Outcome> {
  const { store, stop } = await open();
  // The model serves several caches, one after the other.
  const { close: _, ...shared } = embedder;
  const cache = createCache({
    settings: {
      secret: benchSecret,
      semanticJudge: 'none',
      semanticEmbedderMs: 10_000,
      semanticVerifierCallsPerMinute: 6_000,
    },
    store,
    semantic: { embedder: shared, verifier },
  });
  try {
    for (const question of others) await ask(cache, question);
    const known = new Set<string>();
    const outcome = { wrong: 0, served: 0, repeats: 0 };
    for (const question of questions) {
      const { meaning } = question;
      const { isSemantic, content } = await ask(cache, question);
      if (known.has(meaning)) outcome.repeats++;
      if (isSemantic) outcome[content === answerOf(meaning) ? 'served' : 'wrong']++;
      known.add(meaning);
    }
    return outcome;
  } finally {
    await cache.close();
    await stop();
  }
}

async function ask(cache: Cache, { text, meaning }: Question) {
  const provider = answeringWith(Buffer.from(completionOf(answerOf(meaning))));
  const { cacheStatus, body } = await cache.ask(chatRequest(questionBody(text)), provider);
  const chunks: Uint8Array[] = [];
  if (body instanceof Uint8Array) chunks.push(body);
  else for await (const chunk of body) chunks.push(chunk);
  const content = textOfCompletion(Buffer.concat(chunks).toString());
  return { isSemantic: cacheStatus.detail === 'semantic', content };
}

function knowing(questions: readonly Question[]): Verifier {
  const meanings = new Map(questions.map(({ text, meaning }) => [text, meaning]));
  return {
    name: 'one that knows',
    verify: ({ question, earlierAnswer }) =>
      earlierAnswer === answerOf(meanings.get(question) ?? question) ? 'same' : 'different',
  };
}

async function onSqlite(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'semantic-stores-'));
  return { store: await sqliteStore({ file: join(folder, 'cache.db') }), stop: async () => {} };
}

async function onRedis(): Promise<Opened> {
  const redis = await startRedisProcess();
  const store = await redisStore({ url: `redis://127.0.0.1:${redis.port}` });
  return { store, stop: () => redis.stop() };
}
