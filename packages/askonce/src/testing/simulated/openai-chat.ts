/**
 * `POST /v1/chat/completions`
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { chunk, done, type Endpoint, type PacedEvent, read, type SimulatedCall } from './answer.ts';
import { anyObject, type Generation, generate, type Wanted } from './generate.ts';
import { chosenTool, content, contentTokens, json, textOf, tokenLimit } from './openai-request.ts';
import { countTokens } from './tokens.ts';

const tool = z.looseObject({
  type: z.string(),
  function: z.looseObject({ name: z.string().min(1).max(200), parameters: json.optional() }).optional(),
});

const chatRequest = z.looseObject({
  model: z.string().min(1).max(200),
  messages: z
    .array(z.looseObject({ role: z.string(), content: content.nullish() }))
    .min(1)
    .max(10_000),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(128).nullish(),
  max_tokens: tokenLimit,
  max_completion_tokens: tokenLimit,
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  tools: z.array(tool).max(128).nullish(),
  tool_choice: z
    .union([z.string(), z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })])
    .nullish(),
  response_format: z
    .looseObject({ type: z.string(), json_schema: z.looseObject({ schema: json.optional() }).optional() })
    .nullish(),
});

type ChatRequest = z.output<typeof chatRequest>;

export const chat: Endpoint = (call) => {
  const request = read(chatRequest, call.body);
  const wanted = wantedBy(request, call.seed);
  const choices = Array.from({ length: request.n ?? 1 }, (_, index) => generate(wanted, index));
  const usage = usageOf(request, choices);
  const head = {
    id: `chatcmpl-${call.id(29)}`,
    created: call.now,
    model: request.model,
    service_tier: 'default',
    system_fingerprint: 'fp_simulated',
  };
  if (request.stream === true) {
    const includeUsage = request.stream_options?.include_usage === true;
    return { form: 'stream', events: streamed(head, choices, includeUsage ? usage : undefined, call) };
  }
  const body = {
    ...head,
    object: 'chat.completion',
    choices: choices.map((choice, index) => ({
      index,
      message: messageOf(choice, call),
      logprobs: null,
      finish_reason: finishReason(choice),
    })),
    usage,
  };
  return { form: 'body', body, tokens: Math.max(...choices.map(({ tokens }) => tokens.length)) };
};

function wantedBy(request: ChatRequest, seed: string): Wanted {
  const { messages, tools, tool_choice: choice, response_format: format, stop } = request;
  const functions = (tools ?? []).flatMap(({ function: offered }) =>
    offered === undefined ? [] : [{ name: offered.name, schema: offered.parameters }],
  );
  const name = typeof choice === 'object' ? choice?.function?.name : undefined;
  const answered = ['tool', 'function'].includes(messages.at(-1)?.role ?? '');
  const wantsJson = format?.type === 'json_schema' || format?.type === 'json_object';
  return {
    seed,
    question: textOf(messages.findLast(({ role }) => role === 'user')?.content),
    limit: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    stop: typeof stop === 'string' ? [stop] : (stop ?? []),
    tool: chosenTool(functions, { forbidden: choice === 'none', name }, answered),
    json: wantsJson ? (format.json_schema?.schema ?? anyObject) : undefined,
  };
}

function usageOf({ messages, tools }: ChatRequest, choices: readonly Generation[]): JsonObject {
  const offered = tools == null ? 0 : countTokens(JSON.stringify(tools));
  const prompt = messages.reduce((sum, message) => sum + contentTokens(message.content), offered);
  const completion = choices.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function messageOf({ calls, tokens }: Generation, call: SimulatedCall): JsonObject {
  const text = tokens.join('');
  const common = { role: 'assistant', refusal: null, annotations: [] };
  if (calls === undefined) return { ...common, content: text };
  const called = { id: `call_${call.id(24)}`, type: 'function', function: { name: calls, arguments: text } };
  return { ...common, content: null, tool_calls: [called] };
}

function finishReason({ calls, end }: Generation): string {
  if (end === 'limit') return 'length';
  return calls === undefined ? 'stop' : 'tool_calls';
}

/** The tokens of each choice, choice by choice, then the usage. */
function* streamed(
  head: JsonObject,
  choices: readonly Generation[],
  usage: JsonObject | undefined,
  call: SimulatedCall,
): Iterable<PacedEvent> {
  const common = { ...head, object: 'chat.completion.chunk' };
  const more = usage === undefined ? {} : { usage: null };
  const delta = (index: number, said: JsonObject, token: boolean, finish: string | null = null) =>
    chunk(
      { ...common, choices: [{ index, delta: said, logprobs: null, finish_reason: finish }], ...more },
      token,
    );
  for (const [index, choice] of choices.entries()) {
    if (choice.calls === undefined) {
      yield delta(index, { role: 'assistant', content: '', refusal: null }, false);
      for (const token of choice.tokens) yield delta(index, { content: token }, true);
    } else {
      const called = { name: choice.calls, arguments: '' };
      const first = { index: 0, id: `call_${call.id(24)}`, type: 'function', function: called };
      yield delta(index, { role: 'assistant', content: null, tool_calls: [first], refusal: null }, false);
      for (const token of choice.tokens) {
        yield delta(index, { tool_calls: [{ index: 0, function: { arguments: token } }] }, true);
      }
    }
    yield delta(index, {}, false, finishReason(choice));
  }
  if (usage !== undefined) yield chunk({ ...common, choices: [], usage });
  yield done;
}
