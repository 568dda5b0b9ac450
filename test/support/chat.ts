/**
 * Chat requests and answers, as small as possible.
 */
import type { CacheRequest } from 'askonce';
import type { GatedCall } from './gated-provider.ts';

export const json = { 'content-type': 'application/json', 'x-request-id': 'req_origin' } as const;
export const sse = {
  'content-type': 'text/event-stream; charset=utf-8',
  'x-request-id': 'req_origin',
} as const;

export interface ChatWish extends Partial<Omit<CacheRequest, 'body'>> {
  readonly question?: string | undefined;
  readonly key?: string | undefined;
  readonly body?: Readonly<Record<string, unknown>> | undefined;
}

/** A chat request of the credential `key`. */
export function chat({
  question = 'What is the capital of France?',
  key = 'alpha',
  body,
  ...rest
}: ChatWish = {}): CacheRequest {
  return {
    protocol: 'openai-chat',
    upstream: 'https://provider.test/v1',
    route: '/chat/completions',
    query: '',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'gpt-x', messages: [{ role: 'user', content: question }], ...body }),
    context: {},
    directives: {},
    ...rest,
  };
}

export interface Answer {
  readonly text?: string;
  readonly finish?: string;
  readonly outputTokens?: number;
}

export function completion({ text = 'Paris.', finish = 'stop', outputTokens = 3 }: Answer = {}): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'gpt-x-2026',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text },
        logprobs: null,
        finish_reason: finish,
      },
    ],
    usage: { prompt_tokens: 9, completion_tokens: outputTokens, total_tokens: 9 + outputTokens },
  });
}

/** Gives the whole answer to a call. */
export function answer(call: GatedCall, text = completion(), status = 200): void {
  call.begin(status, json);
  call.send(text);
  call.end();
}

function chunk(part: object): string {
  const frame = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-x-2026' };
  return `data: ${JSON.stringify({ ...frame, ...part })}\n\n`;
}

/** The events of a stream that says `words`. */
export function events(
  words: readonly string[],
  { finish = 'stop', usage = false }: { readonly finish?: string; readonly usage?: boolean } = {},
): readonly string[] {
  const nullUsage = usage ? { usage: null } : {};
  const choice = (delta: object, reason: string | null) =>
    chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }], ...nullUsage });
  const total = { prompt_tokens: 9, completion_tokens: words.length, total_tokens: 9 + words.length };
  return [
    choice({ role: 'assistant', content: '' }, null),
    ...words.map((content) => choice({ content }, null)),
    choice({}, finish),
    ...(usage ? [chunk({ choices: [], usage: total })] : []),
    'data: [DONE]\n\n',
  ];
}

/** Gives a whole stream to a call. */
export function stream(call: GatedCall, all: readonly string[]): void {
  call.begin(200, sse);
  for (const event of all) call.send(event);
  call.end();
}

export function apiError(message: string, type = 'invalid_request_error'): string {
  return JSON.stringify({ error: { message, type, param: null, code: null } });
}
