/**
 * Small answers in the words of each protocol, for the faults to spoil. The request's path tells the protocol.
 */
import type { SeenRequest } from '../loopback.ts';

type Spoken = 'chat' | 'completions' | 'embeddings' | 'responses' | 'messages';

const endings = ['completions', 'embeddings', 'responses', 'messages'] as const;

function spokenIn({ path }: SeenRequest): Spoken {
  const route = path.split('?')[0] ?? path;
  if (route.endsWith('/chat/completions')) return 'chat';
  return endings.find((ending) => route.endsWith(`/${ending}`)) ?? 'chat';
}

const created = 1_700_000_000;
const model = 'simulated-fault';
const words = ['Ask', ' once', ', and', ' the', ' answer', ' is', ' kept', '.'] as const;

const bodies = {
  chat: (text: string) => ({
    id: 'chatcmpl-fault',
    object: 'chat.completion',
    created,
    model,
    choices: [
      { index: 0, message: { role: 'assistant', content: text }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 9, completion_tokens: 8, total_tokens: 17 },
  }),
  completions: (text: string) => ({
    id: 'cmpl-fault',
    object: 'text_completion',
    created,
    model,
    choices: [{ text, index: 0, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 9, completion_tokens: 8, total_tokens: 17 },
  }),
  embeddings: (_text: string) => ({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: [0.6, 0.8] }],
    model,
    usage: { prompt_tokens: 9, total_tokens: 9 },
  }),
  responses: (text: string) => responseObject('completed', text),
  messages: (text: string) => ({
    id: 'msg_fault',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 9, output_tokens: 8 },
  }),
} satisfies Record<Spoken, (text: string) => object>;

/** A whole, successful answer; `text` replaces what it says, where the protocol says anything. */
export function wholeBody(request: SeenRequest, text: string = words.join('')): string {
  return JSON.stringify(bodies[spokenIn(request)](text));
}

/** The events of a whole, successful stream: the opening, one a word, the ending. */
export interface Stream {
  readonly opening: readonly string[];
  readonly word: (text: string) => string;
  readonly words: readonly string[];
  readonly ending: readonly string[];
}

/** Embeddings have no streams; they are given a chat stream. */
export function streamOf(request: SeenRequest): Stream {
  const spoken = spokenIn(request);
  const { opening, word, ending } = streams[spoken === 'embeddings' ? 'chat' : spoken];
  return { opening, word, words: words.map(word), ending };
}

const streams = {
  chat: {
    opening: [chunk({ role: 'assistant', content: '' }, null)],
    word: (content: string) => chunk({ content }, null),
    ending: [chunk({}, 'stop'), data('[DONE]')],
  },
  completions: {
    opening: [],
    word: (text: string) => completionChunk(text, null),
    ending: [completionChunk('', 'stop'), data('[DONE]')],
  },
  responses: {
    opening: [
      named('response.created', { sequence_number: 0, response: responseObject('in_progress', undefined) }),
    ],
    word: (delta: string) =>
      named('response.output_text.delta', {
        sequence_number: 1,
        item_id: 'msg_fault',
        output_index: 0,
        content_index: 0,
        delta,
      }),
    ending: [
      named('response.completed', {
        sequence_number: 2,
        response: responseObject('completed', words.join('')),
      }),
    ],
  },
  messages: {
    opening: [
      named('message_start', {
        message: { ...bodies.messages(''), content: [], stop_reason: null },
      }),
      named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ],
    word: (text: string) => named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
    ending: [
      named('content_block_stop', { index: 0 }),
      named('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: 8 },
      }),
      named('message_stop', {}),
    ],
  },
} as const;

/** An error of the protocol in which the request was asked, or of the one that is named. */
export function errorBody(
  request: SeenRequest | 'openai' | 'anthropic',
  type: string,
  message: string,
): string {
  const family = typeof request === 'string' ? request : familyOf(request);
  return JSON.stringify(
    family === 'anthropic'
      ? { type: 'error', error: { type, message }, request_id: 'req_fault' }
      : { error: { message, type, param: null, code: type } },
  );
}

/** The event with which the protocol says in mid-stream that it has failed. */
export function errorEvent(request: SeenRequest): string {
  const message = 'The model has failed.';
  const spoken = spokenIn(request);
  if (spoken === 'messages') return named('error', { error: { type: 'overloaded_error', message } });
  if (spoken === 'responses')
    return named('error', { sequence_number: 2, code: 'server_error', message, param: null });
  return data(errorBody('openai', 'server_error', message));
}

export function familyOf(request: SeenRequest): 'openai' | 'anthropic' {
  return spokenIn(request) === 'messages' ? 'anthropic' : 'openai';
}

function responseObject(status: 'in_progress' | 'completed', text: string | undefined): object {
  const content = [{ type: 'output_text', text, annotations: [] }];
  const message = { type: 'message', id: 'msg_fault', status: 'completed', role: 'assistant', content };
  const usage = { input_tokens: 9, output_tokens: 8, total_tokens: 17 };
  const base = { id: 'resp_fault', object: 'response', created_at: created, model, status, error: null };
  return text === undefined ? { ...base, output: [], usage: null } : { ...base, output: [message], usage };
}

function chunk(delta: object, finish: string | null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  return data(
    JSON.stringify({ id: 'chatcmpl-fault', object: 'chat.completion.chunk', created, model, choices }),
  );
}

function completionChunk(text: string, finish: string | null): string {
  const choices = [{ text, index: 0, logprobs: null, finish_reason: finish }];
  return data(JSON.stringify({ id: 'cmpl-fault', object: 'text_completion', created, model, choices }));
}

function named(type: string, rest: object): string {
  return `event: ${type}\n${data(JSON.stringify({ type, ...rest }))}`;
}

function data(text: string): string {
  return `data: ${text}\n\n`;
}
