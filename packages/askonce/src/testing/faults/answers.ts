/**
 * Small answers in each protocol, which the faults corrupt. The request's path decides the protocol.
 */
import { writeEvent } from '../../entry/sse.ts';
import type { SeenRequest } from '../loopback.ts';

type FaultProtocol = 'chat' | 'completions' | 'embeddings' | 'responses' | 'messages';

const endings = ['completions', 'embeddings', 'responses', 'messages'] as const;

function protocolOf({ path }: SeenRequest): FaultProtocol {
  const route = path.split('?')[0] ?? path;
  if (route.endsWith('/chat/completions')) return 'chat';
  return endings.find((ending) => route.endsWith(`/${ending}`)) ?? 'chat';
}

const created = 1_700_000_000;
const model = 'simulated-fault';
/** The place of the text in a Responses stream. */
const place = { item_id: 'msg_fault', output_index: 0, content_index: 0 } as const;
const words = ['Ask', ' once', ', and', ' the', ' answer', ' is', ' stored', '.'] as const;

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
} satisfies Record<FaultProtocol, (text: string) => object>;

/** A complete, successful answer; `text` replaces its text, if the protocol has text. */
export function wholeBody(request: SeenRequest, text: string = words.join('')): string {
  return JSON.stringify(bodies[protocolOf(request)](text));
}

/** A complete, successful stream: the opening events, one event for each word, the ending. Chat streams report no usage. */
export interface FaultStream {
  readonly opening: readonly string[];
  readonly words: readonly string[];
  /** The event for word number `index`. */
  readonly word: (text: string, index: number) => string;
  /** The events that end a stream of `count` words, which together are `text`. */
  readonly ending: (text: string, count: number) => readonly string[];
}

/** Embeddings have no streams: their requests get a chat stream. */
export function streamOf(request: SeenRequest): FaultStream {
  const protocol = protocolOf(request);
  const stream = streams[protocol === 'embeddings' ? 'chat' : protocol];
  return { ...stream, words: words.map((word, index) => stream.word(word, index)) };
}

/** All events of a complete stream. */
export function wholeStream(request: SeenRequest): readonly string[] {
  const { opening, words: middle, ending } = streamOf(request);
  return [...opening, ...middle, ...ending(words.join(''), words.length)];
}

const streams = {
  chat: {
    opening: [chunk({ role: 'assistant', content: '' }, null)],
    word: (content) => chunk({ content }, null),
    ending: () => [chunk({}, 'stop'), writeEvent('[DONE]')],
  },
  completions: {
    opening: [],
    word: (text) => completionChunk(text, null),
    ending: () => [completionChunk('', 'stop'), writeEvent('[DONE]')],
  },
  responses: {
    opening: numbered(0, [
      ['response.created', { response: responseObject('in_progress') }],
      ['response.in_progress', { response: responseObject('in_progress') }],
      ['response.output_item.added', { output_index: 0, item: outputMessage('in_progress') }],
      ['response.content_part.added', { ...place, part: outputText('') }],
    ]),
    word: (delta, index) =>
      named('response.output_text.delta', { sequence_number: 4 + index, ...place, delta, logprobs: [] }),
    ending: (text, count) =>
      numbered(4 + count, [
        ['response.output_text.done', { ...place, text, logprobs: [] }],
        ['response.content_part.done', { ...place, part: outputText(text) }],
        ['response.output_item.done', { output_index: 0, item: outputMessage('completed', text) }],
        ['response.completed', { response: responseObject('completed', text) }],
      ]),
  },
  messages: {
    opening: [
      named('message_start', { message: { ...bodies.messages(''), content: [], stop_reason: null } }),
      named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ],
    word: (text) => named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
    ending: () => [
      named('content_block_stop', { index: 0 }),
      named('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: 8 },
      }),
      named('message_stop', {}),
    ],
  },
} as const satisfies Record<string, Omit<FaultStream, 'words'>>;

/** An error in the shape of the request's protocol, or of the given family. */
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

/** The event by which the protocol reports a failure in mid-stream. */
export function errorEvent(request: SeenRequest): string {
  const message = 'The model has failed.';
  const protocol = protocolOf(request);
  if (protocol === 'messages') return named('error', { error: { type: 'overloaded_error', message } });
  if (protocol === 'responses')
    return named('error', { sequence_number: 2, code: 'server_error', message, param: null });
  return writeEvent(errorBody('openai', 'server_error', message));
}

export function familyOf(request: SeenRequest): 'openai' | 'anthropic' {
  return protocolOf(request) === 'messages' ? 'anthropic' : 'openai';
}

function outputText(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function outputMessage(status: 'in_progress' | 'completed', text?: string): object {
  const content = text === undefined ? [] : [outputText(text)];
  return { type: 'message', id: place.item_id, status, role: 'assistant', content };
}

function responseObject(status: 'in_progress' | 'completed', text?: string): object {
  const whole = text !== undefined;
  return {
    id: 'resp_fault',
    object: 'response',
    created_at: created,
    model,
    status,
    error: null,
    incomplete_details: null,
    output: whole ? [outputMessage('completed', text)] : [],
    usage: whole ? { input_tokens: 9, output_tokens: 8, total_tokens: 17 } : null,
  };
}

function chunk(delta: object, finish: string | null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  return writeEvent(
    JSON.stringify({ id: 'chatcmpl-fault', object: 'chat.completion.chunk', created, model, choices }),
  );
}

function completionChunk(text: string, finish: string | null): string {
  const choices = [{ text, index: 0, logprobs: null, finish_reason: finish }];
  return writeEvent(JSON.stringify({ id: 'cmpl-fault', object: 'text_completion', created, model, choices }));
}

function named(type: string, rest: object): string {
  return writeEvent(JSON.stringify({ type, ...rest }), type);
}

/** Named events with running sequence numbers. */
function numbered(first: number, events: readonly (readonly [type: string, rest: object])[]): string[] {
  return events.map(([type, rest], index) => named(type, { sequence_number: first + index, ...rest }));
}
