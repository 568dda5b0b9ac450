/** The semantic tier, part by part: what does it cost a question? */
import { setImmediate } from 'node:timers/promises';
import { staticEmbedder } from '@askonce/embedder-static';
import { createCache } from 'askonce';
import type { Embedder } from 'askonce/semantic';
import { request } from 'undici';
import { benchSecret } from './entries.ts';
import { chatHeaders, chatPath, compare, loadInTurns } from './load.ts';
import { inTurns, median, processorTime } from './measure.ts';
import { startGateway, startServer } from './processes.ts';
import { answered, chatBody, chatRequest } from './requests.ts';
import type { Measured } from './rows.ts';
import { semanticData } from './semantic-data.ts';

/** Questions of all sets and languages, so many. */
const questionCount = 300;

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  if (wanted('embedder-static')) yield { row: 'embedder-static', ours: await embedding() };
  if (wanted('semantic-miss')) yield { row: 'semantic-miss', ours: await addedToMiss() };
  if (wanted('semantic-hit')) yield { row: 'semantic-hit', ...(await besideExactHit()) };
}

/** A chat of the usual size whose last turn is the question. */
function bodyOf(question: string): string {
  const { messages, ...rest } = chatBody();
  const earlier = Array.isArray(messages) ? messages.slice(0, -1) : [];
  return JSON.stringify({ ...rest, messages: [...earlier, { role: 'user', content: question }] });
}

const stored = 'How can I send a parcel to another country without paying duty twice?';
const inOtherWords = `Hello, ${stored.toLowerCase()} Thank you!`;

/** Both gateways answer the same entry: one by its own question, one by the same question in other words. */
async function besideExactHit() {
  const upstream = await startServer('upstream');
  const gateway = await startGateway(upstream.url, { ENABLE_SEMANTIC_CACHE: 'true' });
  try {
    await statusOf(gateway.url, stored);
    for (const [question, detail] of [
      [stored, 'memory'],
      [inOtherWords, 'semantic'],
    ] as const) {
      const status = await statusOf(gateway.url, question);
      if (!status.includes(`detail="${detail}"`)) throw new Error(`not a hit by ${detail}: ${status}`);
    }
    const target = (question: string) => ({ server: gateway, body: bodyOf(question) });
    return compare(await loadInTurns(target(inOtherWords), target(stored), 'same'), 'rate');
  } finally {
    for (const server of [gateway, upstream]) await server.stop();
  }
}

async function statusOf(url: string, question: string): Promise<string> {
  const { headers, body } = await request(url + chatPath, {
    method: 'POST',
    headers: chatHeaders,
    body: bodyOf(question),
  });
  await body.dump();
  return String(headers['cache-status']);
}

const calls = 30;
/** Misses a call, after which the event loop gets its turn, as between the requests of a server. */
const each = 16;

/** Milliseconds more that a miss takes with the tier on, beside some thousands of other questions. */
async function addedToMiss(): Promise<number> {
  const settings = { secret: benchSecret };
  const [on, off] = [createCache({ settings, semantic: { embedder: scattered } }), createCache({ settings })];
  let asked = 0;
  const miss = (cache: typeof on) => async () => {
    for (let n = 0; n < each; n++)
      await answered(
        cache,
        chatRequest(bodyOf(`How can I send parcel ${asked++} to a friend in another country?`)),
      );
    await setImmediate();
  };
  try {
    const { ours, beside } = await inTurns(miss(on), miss(off), {
      calls,
      each,
      rounds: 9,
      meter: processorTime,
    });
    const { pools } = await on.semantic();
    if (pools.length === 0) throw new Error('the tier was not asked');
    return (ours - beside) / 1_000;
  } finally {
    await on.close();
    await off.close();
  }
}

/** Vectors that cost nothing, all of them near to one another. */
const scattered: Embedder = {
  name: 'scattered',
  version: '1',
  dimension: 256,
  prefix: '',
  pooling: '',
  weights: '',
  embed: (text) => {
    const vector = new Float32Array(256).fill(1);
    for (let at = 0; at < text.length; at++) vector[(at * 31) % 256] = text.charCodeAt(at) % 7;
    const length = Math.hypot(...vector);
    return vector.map((component) => component / length);
  },
};

/** Microseconds a question, once the table is loaded. */
async function embedding(): Promise<number> {
  const { texts } = await semanticData();
  const step = Math.floor(texts.length / questionCount);
  const questions = texts.filter((_, at) => at % step === 0).map(({ text }) => text);
  const embedder = staticEmbedder();
  await embedder.embed('load the table');
  const rounds: number[] = [];
  for (let round = 0; round < 30; round++) {
    const start = performance.now();
    for (const question of questions) embedder.embed(question);
    rounds.push((1_000 * (performance.now() - start)) / questions.length);
  }
  embedder.close();
  return median(rounds);
}
