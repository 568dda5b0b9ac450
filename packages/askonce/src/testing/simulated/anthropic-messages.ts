/**
 * `POST /v1/messages` and `POST /v1/messages/count_tokens`
 */
import { z } from 'zod';
import { isJsonObject, type JsonObject, tryParseJson } from '../../json.ts';
import { type Endpoint, named, type PacedEvent, read, type SimulatedCall } from './answer.ts';
import { type Generation, generate, type Wanted } from './generate.ts';
import { chosenTool, content, contentTokens, json, textOf } from './openai-request.ts';
import { countTokens } from './tokens.ts';

const counted = {
  model: z.string().min(1).max(200),
  messages: z
    .array(z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content }))
    .min(1)
    .max(100_000),
  system: content.nullish(),
  tools: z
    .array(
      z.looseObject({
        type: z.string().nullish(),
        name: z.string().min(1).max(200),
        input_schema: json.optional(),
      }),
    )
    .max(1_000)
    .nullish(),
  tool_choice: z.looseObject({ type: z.string(), name: z.string().optional() }).nullish(),
};

const countRequest = z.looseObject(counted);

const messagesRequest = z.looseObject({
  ...counted,
  max_tokens: z.int().min(1).max(1_000_000),
  stream: z.boolean().nullish(),
  stop_sequences: z.array(z.string()).max(8_192).nullish(),
});

export const messages: Endpoint = (call) => {
  const request = read(messagesRequest, call.body);
  const generation = generate(wantedBy(request, call.seed));
  const message = {
    model: request.model,
    id: `msg_01${call.id(22)}`,
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: inputTokens(request),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 1,
      service_tier: 'standard',
    },
  };
  const block = blockOf(generation, call);
  if (request.stream === true) return { form: 'stream', events: streamed(message, block, generation) };
  const usage = { ...message.usage, output_tokens: generation.tokens.length };
  const body = { ...message, content: [block], ...endOf(generation), usage };
  return { form: 'body', body, tokens: generation.tokens.length };
};

export const countMessageTokens: Endpoint = ({ body }) => {
  return { form: 'body', body: { input_tokens: inputTokens(read(countRequest, body)) }, tokens: 0 };
};

function wantedBy(request: z.output<typeof messagesRequest>, seed: string): Wanted {
  const { messages: said, tools, tool_choice: choice } = request;
  const functions = (tools ?? [])
    .filter(({ type }) => type == null || type === 'custom')
    .map(({ name, input_schema: schema }) => ({ name, schema }));
  const last = said.at(-1)?.content;
  const answered = Array.isArray(last) && last.some(({ type }) => type === 'tool_result');
  const asked = said.findLast(({ role, content: parts }) => role === 'user' && textOf(parts) !== '');
  return {
    seed,
    question: textOf(asked?.content),
    limit: request.max_tokens,
    stop: request.stop_sequences ?? [],
    tool: chosenTool(functions, { forbidden: choice?.type === 'none', name: choice?.name }, answered),
    json: undefined,
  };
}

function inputTokens({ messages: said, system, tools }: z.output<typeof countRequest>): number {
  const offered = tools == null ? 0 : countTokens(JSON.stringify(tools));
  return said.reduce(
    (sum, { content: parts }) => sum + contentTokens(parts),
    offered + contentTokens(system),
  );
}

/** The arguments of a call; none if they were cut off. */
function blockOf({ calls, tokens }: Generation, call: SimulatedCall): JsonObject {
  const text = tokens.join('');
  if (calls === undefined) return { type: 'text', text };
  const input = tryParseJson(text);
  return {
    type: 'tool_use',
    id: `toolu_01${call.id(22)}`,
    name: calls,
    input: isJsonObject(input) ? input : {},
  };
}

function endOf({ calls, end, stoppedBy }: Generation): JsonObject {
  if (end === 'limit') return { stop_reason: 'max_tokens', stop_sequence: null };
  if (end === 'stop') return { stop_reason: 'stop_sequence', stop_sequence: stoppedBy };
  return { stop_reason: calls === undefined ? 'end_turn' : 'tool_use', stop_sequence: null };
}

function* streamed(message: JsonObject, block: JsonObject, generation: Generation): Iterable<PacedEvent> {
  const isCall = generation.calls !== undefined;
  yield named({ type: 'message_start', message });
  const empty = isCall ? { ...block, input: {} } : { ...block, text: '' };
  yield named({ type: 'content_block_start', index: 0, content_block: empty });
  yield named({ type: 'ping' });
  for (const token of generation.tokens) {
    const delta = isCall
      ? { type: 'input_json_delta', partial_json: token }
      : { type: 'text_delta', text: token };
    yield named({ type: 'content_block_delta', index: 0, delta }, true);
  }
  yield named({ type: 'content_block_stop', index: 0 });
  const usage = { output_tokens: generation.tokens.length };
  yield named({ type: 'message_delta', delta: endOf(generation), usage });
  yield named({ type: 'message_stop' });
}
