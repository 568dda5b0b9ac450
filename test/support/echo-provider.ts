/**
 * A provider that always answers well, and whose answer shows what it was asked.
 */
import { createHash } from 'node:crypto';
import { type RecordedAnswer, type RecordedProtocol, startRecordedProvider } from 'askonce/testing';
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../packages/askonce/src/json.ts';

export interface EchoProvider {
  readonly url: string;
  readonly calls: number;
  /** The body whose digest an answer shows. */
  asked(digest: string): Buffer | undefined;
  close(): Promise<void>;
}

export interface EchoOptions {
  /** The vector of one input, made from its content. */
  readonly vector: (body: JsonObject, input: JsonValue) => readonly number[];
}

const protocols: Readonly<Record<string, Exclude<RecordedProtocol, 'openai-embeddings'>>> = {
  '/v1/chat/completions': 'openai-chat',
  '/v1/completions': 'openai-completions',
  '/v1/responses': 'openai-responses',
  '/v1/messages': 'anthropic-messages',
};

export async function startEchoProvider({ vector }: EchoOptions): Promise<EchoProvider> {
  const asked = new Map<string, Buffer>();
  function answer(path: string, body: Buffer): RecordedAnswer {
    const read = parsed(body);
    if (path === '/v1/embeddings') return { body: Buffer.from(JSON.stringify(embeddings(read, vector))) };
    const digest = createHash('sha256').update(body).digest('hex');
    asked.set(digest, body);
    return answerSaying(`digest=${digest}`, path, read);
  }
  const provider = await startRecordedProvider({
    answer: ({ path, body }) => answer(path.split('?')[0] ?? '', body),
  });
  return {
    url: provider.url,
    get calls() {
      return provider.calls;
    },
    asked: (digest) => asked.get(digest),
    close: provider.close,
  };
}

/** A good answer to a request for text, in the protocol of its path and the form it asks for. */
export function answerSaying(text: string, path: string, request: JsonObject): RecordedAnswer {
  const say = answers[protocols[path] ?? 'openai-chat'];
  if (request['stream'] !== true) return { body: Buffer.from(JSON.stringify(say.body(text))) };
  const events = say.stream(text, isJsonObject(request['stream_options']));
  return { body: Buffer.from(events), headers: { 'content-type': 'text/event-stream' } };
}

/** The inputs of a request for embeddings; one list of tokens is one input. */
export function inputsOf({ input = '' }: JsonObject): readonly JsonValue[] {
  if (!isJsonArray(input)) return [input];
  return input.length > 0 && input.every((one) => typeof one === 'number') ? [input] : input;
}

function embeddings(body: JsonObject, vector: EchoOptions['vector']): object {
  const data = inputsOf(body).map((input, index) => {
    const numbers = vector(body, input);
    const base64 = () => Buffer.from(new Float32Array(numbers).buffer).toString('base64');
    const embedding = body['encoding_format'] === 'base64' ? base64() : numbers;
    return { object: 'embedding', index, embedding };
  });
  return { object: 'list', data, model: 'm', usage: { prompt_tokens: 9, total_tokens: 9 } };
}

function parsed(body: Buffer): JsonObject {
  try {
    const value: JsonValue = JSON.parse(body.toString('utf8'));
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

const usage = { prompt_tokens: 9, completion_tokens: 8, total_tokens: 17 };
const data = (value: object | string) =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const named = (type: string, rest: object) => `event: ${type}\n${data({ type, ...rest })}`;

function chunks(object: string, choice: (text: string) => object, text: string, tellsUsage: boolean): string {
  const chunk = (choices: readonly object[], rest: object) =>
    data({ id: 'c-1', object, created: 1, model: 'm', choices, ...rest });
  const none = tellsUsage ? { usage: null } : {};
  return [
    chunk([{ index: 0, ...choice(text), finish_reason: null }], none),
    chunk([{ index: 0, ...choice(''), finish_reason: 'stop' }], none),
    ...(tellsUsage ? [chunk([], { usage })] : []),
    data('[DONE]'),
  ].join('');
}

function response(text: string): object {
  const content = [{ type: 'output_text', text, annotations: [] }];
  const output = [{ type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content }];
  const usage = { input_tokens: 9, output_tokens: 8, total_tokens: 17 };
  const base = { id: 'resp_1', object: 'response', created_at: 1, model: 'm', error: null };
  return { ...base, status: 'completed', output, usage };
}

function message(content: readonly object[], reason: string | null): object {
  const base = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content };
  return { ...base, stop_reason: reason, stop_sequence: null, usage: { input_tokens: 9, output_tokens: 8 } };
}

const answers = {
  'openai-chat': {
    body: (content: string) => ({
      id: 'c-1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }],
      usage,
    }),
    stream: (text: string, tellsUsage: boolean) =>
      chunks('chat.completion.chunk', (content) => ({ delta: { content } }), text, tellsUsage),
  },
  'openai-completions': {
    body: (text: string) => ({
      id: 'c-1',
      object: 'text_completion',
      created: 1,
      model: 'm',
      choices: [{ text, index: 0, logprobs: null, finish_reason: 'stop' }],
      usage,
    }),
    stream: (whole: string, tellsUsage: boolean) =>
      chunks('text_completion', (text) => ({ text }), whole, tellsUsage),
  },
  'openai-responses': {
    body: response,
    stream: (text: string) => named('response.completed', { sequence_number: 0, response: response(text) }),
  },
  'anthropic-messages': {
    body: (text: string) => message([{ type: 'text', text }], 'end_turn'),
    stream: (text: string) =>
      [
        named('message_start', { message: message([], null) }),
        named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
        named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
        named('content_block_stop', { index: 0 }),
        named('message_delta', {
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: 8 },
        }),
        named('message_stop', {}),
      ].join(''),
  },
} as const;
