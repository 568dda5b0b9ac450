/** Requests and answers of a realistic size: a chat of about 2 KB, an answer of about 2 KB. */
import type { Cache, CacheRequest, CallerContext, Provider } from 'askonce';

const sentence =
  'The order was placed on the third of May and has not arrived, although the tracking page says otherwise. ';

/** A chat request body of about 2 KB as an application builds it; `n` makes it another question. */
export function chatBody(n = 0): Record<string, unknown> {
  return {
    model: 'gpt-4.1-mini',
    temperature: 0.2,
    max_tokens: 600,
    messages: [
      {
        role: 'system',
        content: `You answer customers of a parcel service, briefly and kindly. ${sentence.repeat(8)}`,
      },
      { role: 'user', content: `I wonder where parcel ${n} is. ${sentence.repeat(2)}` },
      { role: 'assistant', content: `Thank you for asking. ${sentence.repeat(3)}` },
      { role: 'user', content: `And what can I do now? ${sentence.repeat(3)}` },
    ],
  };
}

/** Its text. Joined from two parts: serializing the body would add a fortieth of a miss's time, a cost of the bench. */
export function chatText(n = 0): string {
  return `${before}${n}${after}`;
}

const placeholder = 123_456_789;
const [before = '', after = ''] = JSON.stringify(chatBody(placeholder)).split(String(placeholder));

/** A complete chat completion of about 2 KB. */
export const chatAnswer = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_770_000_000,
    model: 'gpt-4.1-mini-2025-04-14',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: sentence.repeat(16), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 420, completion_tokens: 400, total_tokens: 820 },
  }),
);

export function answeringWith(answer: Buffer): Provider {
  return async () => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      yield answer;
    })(),
  });
}

export const answering = answeringWith(chatAnswer);

export function chatRequest(body: string, context: CallerContext = {}): CacheRequest {
  return {
    protocol: 'openai-chat',
    upstream: 'https://api.openai.com/v1',
    route: '/chat/completions',
    query: '',
    headers: { authorization: 'Bearer sk-bench', 'content-type': 'application/json' },
    body,
    context,
    directives: {},
    knownDefaults: true,
  };
}

/** Asks, and reads the answer to its end. */
export async function answered(cache: Cache, request: CacheRequest, provider = answering): Promise<void> {
  const { status, body } = await cache.ask(request, provider);
  if (status !== 200) throw new Error(`the cache answered ${status}`);
  if (body instanceof Uint8Array) return;
  for await (const _piece of body);
}
