/**
 * `POST /v1/responses`
 */
import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../json.ts';
import { type Endpoint, Refusal, read, type SimulatedCall } from './answer.ts';
import { anyObject, type Generation, generate, type Wanted } from './generate.ts';
import { chosenTool, content, contentTokens, json, textOf, tokenLimit } from './openai-request.ts';
import { responseEvents } from './openai-response-events.ts';
import { countTokens } from './tokens.ts';

const item = z.looseObject({
  type: z.string().optional(),
  role: z.string().optional(),
  content: content.nullish(),
  output: z.unknown().optional(),
});

const tool = z.looseObject({
  type: z.string(),
  name: z.string().max(200).optional(),
  parameters: json.nullish(),
});

const responsesRequest = z.looseObject({
  model: z.string().min(1).max(200),
  input: z.union([z.string(), z.array(item).min(1).max(10_000)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: tokenLimit,
  previous_response_id: z.string().nullish(),
  tools: z.array(tool).max(128).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ name: z.string().optional() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z
    .looseObject({ format: z.looseObject({ type: z.string(), schema: json.optional() }).optional() })
    .nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.boolean().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  user: z.string().nullish(),
});

type ResponsesRequest = z.output<typeof responsesRequest>;

export const responses: Endpoint = (call) => {
  const request = read(responsesRequest, call.body);
  if (request.previous_response_id != null) {
    const message = `Previous response with id '${request.previous_response_id}' not found.`;
    throw new Refusal(400, message, { param: 'previous_response_id', code: 'previous_response_not_found' });
  }
  const generation = generate(wantedBy(request, call.seed));
  const started = responseOf(request, call);
  const output = itemOf(generation, call);
  const cut = generation.end === 'limit';
  const finished = {
    ...started,
    status: cut ? 'incomplete' : 'completed',
    completed_at: cut ? null : call.now,
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    output: [output],
    usage: usageOf(request, generation),
  };
  if (request.stream === true)
    return { form: 'stream', events: responseEvents({ started, finished, output, generation }) };
  return { form: 'body', body: finished, tokens: generation.tokens.length };
};

function wantedBy(
  { input, tools, tool_choice: choice, text, max_output_tokens: limit }: ResponsesRequest,
  seed: string,
): Wanted {
  const functions = (tools ?? []).flatMap(({ type, name, parameters }) =>
    type === 'function' && name !== undefined ? [{ name, schema: parameters ?? undefined }] : [],
  );
  const name = typeof choice === 'object' ? choice?.name : undefined;
  const items = typeof input === 'string' ? [] : input;
  const answered = items.at(-1)?.type?.endsWith('_call_output') === true;
  const asked =
    typeof input === 'string' ? input : textOf(items.findLast(({ role }) => role === 'user')?.content);
  const wantsJson = text?.format?.type === 'json_schema' || text?.format?.type === 'json_object';
  return {
    seed,
    question: asked,
    limit: limit ?? undefined,
    stop: [],
    tool: chosenTool(functions, { forbidden: choice === 'none', name }, answered),
    json: wantsJson ? (text.format?.schema ?? anyObject) : undefined,
  };
}

/** The response before its first token. */
function responseOf(request: ResponsesRequest, call: SimulatedCall): JsonObject {
  return {
    id: `resp_${call.id(48)}`,
    object: 'response',
    created_at: call.now,
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: null,
    model: request.model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: 'default',
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: { format: jsonOf(request.text?.format ?? { type: 'text' }), verbosity: 'medium' },
    tool_choice: jsonOf(request.tool_choice ?? 'auto'),
    tools: jsonOf(request.tools ?? []),
    top_logprobs: 0,
    top_p: request.top_p ?? 1,
    truncation: 'disabled',
    usage: null,
    user: request.user ?? null,
    metadata: request.metadata ?? {},
  };
}

function jsonOf(value: unknown): JsonValue {
  return json.parse(value);
}

function itemOf({ calls, tokens, end }: Generation, call: SimulatedCall): JsonObject {
  const status = end === 'limit' ? 'incomplete' : 'completed';
  const text = tokens.join('');
  if (calls !== undefined) {
    const ids = { id: `fc_${call.id(48)}`, call_id: `call_${call.id(24)}` };
    return { ...ids, type: 'function_call', status, arguments: text, name: calls };
  }
  const part = { type: 'output_text', annotations: [], logprobs: [], text };
  return { id: `msg_${call.id(48)}`, type: 'message', status, content: [part], role: 'assistant' };
}

function usageOf({ input, instructions, tools }: ResponsesRequest, { tokens }: Generation): JsonObject {
  const offered = tools == null ? 0 : countTokens(JSON.stringify(tools));
  const said =
    typeof input === 'string'
      ? countTokens(input)
      : input.reduce((sum, { content: parts, output }) => {
          return (
            sum + contentTokens(parts) + (output === undefined ? 0 : countTokens(JSON.stringify(output)))
          );
        }, 0);
  const prompt = countTokens(instructions ?? '') + offered + said;
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: tokens.length,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: prompt + tokens.length,
  };
}
