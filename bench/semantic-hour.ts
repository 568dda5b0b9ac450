/**
 * An hour of mixed traffic over four gateways that share a Redis: how many semantic hits are wrong, how much is reused, and
 * how much is judged, pool by pool?
 *
 * The number of requests is that of the recorded hour, as fast as the machine takes them. The judge, which verifies as well,
 * knows the truth and is wrong about 2 % of the pairs. Beside the local model stands the built-in embedder. Needs
 * `../shared/data` and `../shared/models` (`ASKONCE_DATA`, `ASKONCE_MODELS` name other folders).
 */
import { Agent, request } from 'undici';
import { z } from 'zod';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { answerOf, questionBody, textOfCompletion } from './hour/answers.ts';
import { type Question, questionsOfAnHour } from './hour/questions.ts';
import { type Services, startServices } from './hour/services.ts';
import { chatHeaders, chatPath } from './load.ts';
import { localModelFolder } from './local-model.ts';
import { inParallel, Skipped } from './measure.ts';
import { type Running, startGateway } from './processes.ts';
import type { Measured } from './rows.ts';

const rates = { two: 0.02, five: 0.05 } as const;
const gatewayCount = 4;
const adminKey = 'the-key-of-the-benchmark';
const atOnce = 16;

/** What makes the vectors of all gateways. */
type EmbedderSettings = { readonly SEMANTIC_EMBEDDER: 'builtin' | 'local'; readonly SEMANTIC_MODEL?: string };

/** What came of the requests of a pool, or of all. */
interface Outcome {
  requests: number;
  exact: number;
  semantic: number;
  wrong: number;
  judged: number;
  verified: number;
}

interface Hour {
  readonly all: Outcome;
  readonly inOtherWords: Outcome;
}

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  const questions = await questionsOfAnHour().catch((error: unknown) => {
    throw new Skipped(`no questions (${error instanceof Error ? error.message : String(error)})`);
  });
  const model = await localModelFolder();
  for (const [word, rate] of Object.entries(rates)) {
    const row = (what: string) => `semantic-hour-${word}-${what}`;
    if (!['wrong', 'reuse', 'judged'].some((what) => wanted(row(what)))) continue;
    const local = await hour({ SEMANTIC_EMBEDDER: 'local', SEMANTIC_MODEL: model }, rate, questions);
    const { all } = local;
    if (wanted(row('wrong'))) yield { row: row('wrong'), ours: 100 * shareOf(all.wrong, all.semantic) };
    if (wanted(row('judged'))) yield { row: row('judged'), ours: 100 * shareOf(all.judged, all.requests) };
    if (!wanted(row('reuse'))) continue;
    const builtin = await hour({ SEMANTIC_EMBEDDER: 'builtin' }, rate, questions);
    yield { row: row('reuse'), ours: reuseOf(local), beside: reuseOf(builtin) };
  }
}

/**
 * Per cent of the requests that the exact lookup left over, without the sentences: those are one text with politeness and
 * without, which any embedder finds.
 */
function reuseOf({ inOtherWords: { requests, exact, semantic } }: Hour): number {
  return 100 * shareOf(semantic, requests - exact);
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

async function hour(embedder: EmbedderSettings, rate: number, questions: readonly Question[]): Promise<Hour> {
  const meanings = new Map(questions.map(({ text, meaning }) => [text, meaning]));
  const services = await startServices((text) => meanings.get(text));
  const redis = await startRedisProcess();
  const gateways: Running[] = [];
  const agent = new Agent({ connections: atOnce });
  try {
    const environment = environmentOf(embedder, rate, services, redis.port);
    for (let count = 0; count < gatewayCount; count++)
      gateways.push(await startGateway(services.url, environment));
    const outcomes = await asked(gateways, questions, services, agent);
    const all = sumOf(outcomes, () => true);
    await print({ embedder: embedder.SEMANTIC_EMBEDDER, rate, outcomes, all, gateway: gateways[0] });
    return { all, inOtherWords: sumOf(outcomes, (pool) => !pool.startsWith('sentences')) };
  } finally {
    await agent.destroy();
    for (const gateway of gateways) await gateway.stop();
    await redis.stop();
    await services.close();
  }
}

function environmentOf(
  embedder: EmbedderSettings,
  rate: number,
  { url }: Services,
  redisPort: number,
): Record<string, string> {
  return {
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    ASKONCE_SECRET: 'a secret for the benchmark',
    ASKONCE_ADMIN_KEY: adminKey,
    ASKONCE_ADMIN_BURST: '100000',
    ENABLE_SEMANTIC_CACHE: 'on',
    ...embedder,
    SEMANTIC_MAX_ERROR_RATE: String(rate),
    SEMANTIC_VERIFIER_BASE_URL: `${url}/judge/v1`,
    SEMANTIC_VERIFIER_MODEL: 'one-that-knows',
    // The hour passes in minutes, on a machine that does all the work itself.
    SEMANTIC_VERIFIER_CALLS_PER_MINUTE: '6000',
    SEMANTIC_VERIFIER_USD_PER_DAY: '1000',
    SEMANTIC_EMBEDDER_MS: '10000',
    SEMANTIC_VERIFIER_MS: '10000',
  };
}

/** The outcomes by pool: language and category. */
async function asked(
  gateways: readonly Running[],
  questions: readonly Question[],
  services: Services,
  dispatcher: Agent,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  await inParallel(questions.length, atOnce, async (number) => {
    const question = questions[number];
    const { url = '' } = gateways[number % gateways.length] ?? {};
    if (question === undefined) return;
    const { text, meaning, category } = question;
    const answer = await request(url + chatPath, {
      method: 'POST',
      dispatcher,
      headers: { ...chatHeaders, 'askonce-category': category },
      body: questionBody(text),
    });
    const content = textOfCompletion(await answer.body.text());
    const status = String(answer.headers['cache-status']);
    const outcome = outcomeOf(outcomes, question);
    outcome.requests++;
    if (!status.includes('; hit;')) return;
    if (!status.includes('detail="semantic"')) outcome.exact++;
    else {
      outcome.semantic++;
      if (content !== answerOf(meaning)) outcome.wrong++;
    }
  });
  const poolOf = new Map(questions.map((question) => [question.meaning, question]));
  for (const [counts, what] of [
    [services.judged, 'judged'],
    [services.verified, 'verified'],
  ] as const)
    for (const [meaning, count] of counts) {
      const question = poolOf.get(meaning);
      if (question !== undefined) outcomeOf(outcomes, question)[what] += count;
    }
  return outcomes;
}

function outcomeOf(outcomes: Map<string, Outcome>, { language, category }: Question): Outcome {
  const pool = `${category} ${language}`;
  const known = outcomes.get(pool) ?? none();
  outcomes.set(pool, known);
  return known;
}

function none(): Outcome {
  return { requests: 0, exact: 0, semantic: 0, wrong: 0, judged: 0, verified: 0 };
}

function sumOf(outcomes: ReadonlyMap<string, Outcome>, isWanted: (pool: string) => boolean): Outcome {
  const sum = none();
  for (const [pool, one] of outcomes)
    if (isWanted(pool))
      for (const name of ['requests', 'exact', 'semantic', 'wrong', 'judged', 'verified'] as const)
        sum[name] += one[name];
  return sum;
}

const reportSchema = z.object({
  pools: z.array(
    z.object({
      language: z.string().optional(),
      category: z.string().optional(),
      threshold: z.number().optional(),
      similar: z.object({ standing: z.string() }),
    }),
  ),
});

interface Printed {
  readonly embedder: string;
  readonly rate: number;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly all: Outcome;
  readonly gateway: Running | undefined;
}

/** A line a pool: what the rows are the sums of. */
async function print({ embedder, rate, outcomes, all, gateway }: Printed): Promise<void> {
  const headers = { authorization: `Bearer ${adminKey}` };
  const report = await request(`${gateway?.url}/cache/semantic`, { headers });
  const { pools } = reportSchema.parse(await report.body.json());
  const widths = [18, 9, 9, 9, 9, 9, 9, 9, 15, 9];
  const line = (cells: readonly string[]) => cells.map((cell, at) => cell.padStart(widths[at] ?? 9)).join('');
  const percent = (part: number, whole: number) =>
    whole === 0 ? '–' : (100 * shareOf(part, whole)).toFixed(2);
  console.log(`${embedder}, ${100 * rate} % of semantic hits may be wrong; shares in %`);
  console.log(
    line([
      'pool',
      'requests',
      'exact',
      'semantic',
      'reuse',
      'wrong',
      'judged',
      'verified',
      'standing',
      'from',
    ]),
  );
  for (const [name, one] of [...outcomes, ['all', all] as const]) {
    const [category, language] = name.split(' ');
    const pool = pools.find((each) => each.category === category && each.language === language);
    const { requests, exact, semantic, wrong, judged, verified } = one;
    console.log(
      line([
        ...[name, String(requests), String(exact), String(semantic)],
        ...[percent(semantic, requests - exact), percent(wrong, semantic)],
        ...[percent(judged, requests), percent(verified, requests)],
        ...[pool?.similar.standing ?? '', pool?.threshold?.toFixed(3) ?? ''],
      ]),
    );
  }
}
