/**
 * An hour of requests: the arrivals and tokens of recorded traffic, and recorded questions that repeat as questions do
 * (Zipf's law). The same with each run.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheRequest } from 'askonce';
import { dataFolder } from '../../packages/askonce/src/testing/recordings.ts';
import { seeded, shuffled, zipf } from './seeded.ts';

interface Model {
  readonly name: string;
  readonly protocol: 'openai-chat' | 'anthropic-messages';
  readonly upstream: string;
  /** Nanodollars a token of input and of output; undefined for a model that no price list has. */
  readonly prices: { readonly input: number; readonly output: number } | undefined;
}

const models: readonly [Model, Model, Model] = [
  {
    name: 'gpt-4o-2024-08-06',
    protocol: 'openai-chat',
    upstream: 'https://api.openai.com/v1',
    // $2.50 and $10 a million
    prices: { input: 2_500, output: 10_000 },
  },
  {
    name: 'claude-3-5-haiku-20241022',
    protocol: 'anthropic-messages',
    upstream: 'https://api.anthropic.com',
    // $0.80 and $4 a million
    prices: { input: 800, output: 4_000 },
  },
  { name: 'inhouse-7b', protocol: 'openai-chat', upstream: 'https://models.test/v1', prices: undefined },
];

export interface Arrival {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly question: string;
  readonly language: string;
  readonly category: string | undefined;
  readonly tenant: string;
  readonly model: Model;
  readonly tags: readonly string[];
  /** Whether the caller forbids that its answer is stored. */
  readonly bypasses: boolean;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The recording is of 2023; prices are those of this day. */
const day = '2026-11-16';
const languages = { en: 'eng', es: 'spa', pt: 'por', ru: 'rus', he: 'heb' } as const;
const codes = ['en', 'es', 'pt', 'ru', 'he'] as const;
const categories = [undefined, 'billing', 'orders'] as const;

/** Every `step`th arrival of the hour. */
export function hourOfTraffic(step: number): readonly Arrival[] {
  const data = dataFolder() ?? '';
  const trace = readFileSync(join(data, 'traffic', 'AzureLLMInferenceTrace_conv.csv'), 'utf8');
  const lines = trace.trim().split(/\r?\n/).slice(1);
  const random = seeded(20_261_116);
  const questions = shuffled(questionsIn(join(data, 'questions', 'tatoeba')), random);
  const rank = zipf(questions.length, random);
  return lines
    .filter((_line, place) => place % step === 0)
    .flatMap((line) => {
      const [time = '', input, output] = line.split(',');
      const place = rank();
      const { text = '', language = 'en' } = questions[place] ?? {};
      const chance = random();
      const arrival = {
        at: Date.parse(`${day}T${time.slice(11, 23)}Z`),
        question: text,
        language,
        category: categories[place % categories.length],
        tenant: pick(random(), ['acme', 'acme', 'acme', 'globex', 'initech']),
        model: chance < 0.6 ? models[0] : chance < 0.9 ? models[1] : models[2],
        tags: random() < 0.3 ? ['team=red', 'channel=phone'] : random() < 0.5 ? ['team=blue'] : [],
        bypasses: random() < 0.03,
        inputTokens: Number(input),
        outputTokens: Number(output),
      };
      // Now and then several callers ask the same at once.
      return random() < 0.03 ? [arrival, { ...arrival }, { ...arrival }] : [arrival];
    });
}

function questionsIn(folder: string) {
  return codes.flatMap((language) => {
    const name = languages[language];
    const pair = language === 'en' ? 'spa' : name;
    const file = join(folder, `tatoeba.${pair}-eng.${name}`);
    return readFileSync(file, 'utf8')
      .trim()
      .split(/\r?\n/)
      .slice(0, 300)
      .map((text) => ({ text, language }));
  });
}

/** The request of an arrival, as its caller sends it. */
export function requestOf({
  model,
  question,
  tenant,
  language,
  category,
  tags,
  bypasses,
}: Arrival): CacheRequest {
  const messages = [{ role: 'user', content: question }];
  const isAnthropic = model.protocol === 'anthropic-messages';
  return {
    protocol: model.protocol,
    upstream: model.upstream,
    route: isAnthropic ? '/v1/messages' : '/chat/completions',
    query: '',
    headers: isAnthropic ? { 'x-api-key': `key-of-${tenant}` } : { authorization: `Bearer key-of-${tenant}` },
    body: JSON.stringify({ model: model.name, messages, ...(isAnthropic && { max_tokens: 100_000 }) }),
    context: { tenant, language, category, tags },
    directives: { noStore: bypasses },
  };
}

function pick<One>(chance: number, choices: readonly [One, ...One[]]): One {
  return choices[Math.floor(chance * choices.length)] ?? choices[0];
}
