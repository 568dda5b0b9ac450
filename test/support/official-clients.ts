/**
 * What the official clients read of an answer, in either form, without what they add themselves.
 */
import Anthropic from '@anthropic-ai/sdk';
import type { RecordedProtocol } from 'askonce/testing';
import OpenAI from 'openai';
import type { ChatCompletion } from 'openai/resources';

interface Read {
  /** JSON text of what the caller gets. */
  readonly answer: unknown;
  readonly cacheStatus: string;
}

type Clients = Readonly<Record<RecordedProtocol, (text: string, form: 'body' | 'stream') => Promise<Read>>>;

/** One of each, for the gateway at `url`; their questions are those of `question()`. */
export function officialClients(url: string): Clients {
  let cacheStatus = '';
  // Stored here, since the stream helpers return no response.
  const watched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    cacheStatus = response.headers.get('cache-status') ?? '';
    return response;
  };
  const openai = new OpenAI({ apiKey: 'sk-test', baseURL: `${url}/v1`, maxRetries: 0, fetch: watched });
  const anthropic = new Anthropic({
    apiKey: 'sk-test',
    baseURL: url,
    maxRetries: 0,
    timeout: 60_000,
    fetch: watched,
  });
  const read = async (asked: Promise<unknown>): Promise<Read> => {
    const answer = await asked;
    return { answer: withoutAdded(answer), cacheStatus };
  };
  return {
    'openai-chat': (text, form) => {
      const request = { model: 'gpt-x', messages: [{ role: 'user' as const, content: text }] };
      return read(
        form === 'body'
          ? openai.chat.completions.create(request).then(comparable)
          : openai.chat.completions
              .stream({ ...request, stream_options: { include_usage: true } })
              .finalChatCompletion()
              .then(comparable),
      );
    },
    'openai-completions': (text) => read(openai.completions.create({ model: 'gpt-x', prompt: text })),
    'openai-embeddings': (text) => read(openai.embeddings.create({ model: 'emb-x', input: [text] })),
    'openai-responses': (text, form) => {
      const request = { model: 'gpt-x', input: text };
      return read(
        form === 'body' ? openai.responses.create(request) : openai.responses.stream(request).finalResponse(),
      );
    },
    'anthropic-messages': (text, form) => {
      const request = {
        model: 'claude-x',
        max_tokens: 100_000,
        messages: [{ role: 'user' as const, content: text }],
      };
      return read(
        form === 'body'
          ? anthropic.beta.messages.create(request)
          : anthropic.beta.messages.stream(request).finalMessage(),
      );
    },
  };
}

function withoutAdded(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (name, value: unknown) => (/^_request_id$|parsed/.test(name) ? undefined : value)),
  );
}

/**
 * The content of a chat completion. Between its forms absent and empty may differ, and fields that only some
 * providers have; streams repeat `created` in each chunk.
 */
function comparable({ choices, usage, id, model }: ChatCompletion): unknown {
  return {
    said: choices.map(({ index, finish_reason, message }) => ({
      index,
      finish_reason,
      content: message.content ?? '',
      refusal: message.refusal ?? null,
      calls: (message.tool_calls ?? []).map((call) =>
        call.type === 'function' ? [call.id, call.function.name, call.function.arguments] : call,
      ),
    })),
    usage,
    id,
    model,
  };
}
