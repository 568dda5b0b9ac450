/**
 * A provider that answers each call differently, and remembers its answers by question.
 */
import { type RecordedAnswer, type SeenRequest, startRecordedProvider } from 'askonce/testing';
import { expect } from 'vitest';
import { cacheStatusHeader, type Exchange } from './gateway.ts';
import { question } from './questions.ts';

export interface NamingProvider {
  readonly url: string;
  readonly calls: number;
  /** The bodies that the question was answered with, as they were sent, oldest first. */
  given(text: string): readonly string[];
  close(): Promise<void>;
}

export interface NamingProviderOptions {
  /** Characters that an answer has besides its name. Default 0. */
  readonly padding?: number | undefined;
  /** Awaited before the second half of each stream. */
  readonly pause?: (() => Promise<void>) | undefined;
}

export const isHit = (exchange: Pick<Exchange, 'headers'>): boolean =>
  cacheStatusHeader(exchange).startsWith('askonce; hit;');

/** A hit returns bytes that the provider once answered to this question; a miss those that it answers now. */
export function expectRight(provider: NamingProvider, text: string, exchange: Exchange): void {
  expect(exchange.status, text).toBe(200);
  const given = provider.given(text);
  const possible = isHit(exchange) ? given : given.slice(-1);
  expect(possible.includes(exchange.body.toString('utf8')), `${text}: ${cacheStatusHeader(exchange)}`).toBe(
    true,
  );
}

const named = /<<(.*?)>>/;

/** A chat question that the provider knows by `text`. */
export function namedQuestion(text: string, form: 'body' | 'stream+usage' = 'body') {
  return question('openai-chat', form, `<<${text}>>`);
}

export async function startNamingProvider({
  padding = 0,
  pause,
}: NamingProviderOptions = {}): Promise<NamingProvider> {
  const given = new Map<string, string[]>();
  let answered = 0;
  function answer(request: SeenRequest): RecordedAnswer {
    const body = request.body.toString('utf8');
    const text = named.exec(body)?.[1] ?? '';
    answered += 1;
    const words = [`Answer ${answered} to ${text}.`, ` ${'x'.repeat(padding)}`];
    const streamed = body.includes('"stream":true');
    const sent = streamed ? events(answered, words) : completion(answered, words.join(''));
    given.set(text, [...(given.get(text) ?? []), sent]);
    if (!streamed) return { body: Buffer.from(sent) };
    return {
      body: Buffer.from(sent),
      headers: { 'content-type': 'text/event-stream' },
      cuts: [sent.indexOf('data:', 1)],
      pauseBeforePiece: (index) => (index === 1 ? pause?.() : undefined),
    };
  }
  const provider = await startRecordedProvider({ answer });
  return {
    url: provider.url,
    get calls() {
      return provider.calls;
    },
    given: (text) => given.get(text) ?? [],
    close: provider.close,
  };
}

const usage = { prompt_tokens: 9, completion_tokens: 8, total_tokens: 17 };

function completion(number: number, content: string): string {
  return JSON.stringify({
    id: `chatcmpl-${number}`,
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'gpt-x',
    choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }],
    usage,
  });
}

function events(number: number, words: readonly string[]): string {
  const base = { id: `chatcmpl-${number}`, object: 'chat.completion.chunk', created: 1_700_000_000 };
  const chunk = (delta: object, finish: string | null) => ({
    ...base,
    model: 'gpt-x',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    usage: null,
  });
  const chunks = [
    chunk({ role: 'assistant', content: '' }, null),
    ...words.map((content) => chunk({ content }, null)),
    chunk({}, 'stop'),
    { ...base, model: 'gpt-x', choices: [], usage },
  ];
  return `${chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')}data: [DONE]\n\n`;
}
