/**
 * What generations say about themselves: whether they are complete, and the model and tokens that they took.
 */
import type { Usage } from '../../entry/entry.ts';
import { isJsonArray, isJsonObject, isUnset, type JsonObject, type JsonValue } from '../../json.ts';
import { finishOf } from '../../protocol/finish-words.ts';
import type { ValueFacts } from '../values/contract.ts';

/** The facts about stored generations. Incomplete: one that was cut off, filtered or refused, or that says nothing. */
export function factsOf(stored: JsonValue): ValueFacts {
  const all = isJsonArray(stored) ? stored.filter(isJsonObject) : [];
  const messages = all.map(messageOf);
  const metadata = messages.map((message) => objectAt(message, 'response_metadata'));
  return {
    isComplete: all.length > 0 && all.every(isComplete),
    // Each of several generations has the tokens of all of them.
    usage: messages.map(usageOf).find((usage) => usage !== undefined),
    model: metadata.map(modelOf).find((model) => model !== undefined),
  };
}

/** The data of a message in LangChain's stored form; empty for a generation of text alone. */
function messageOf(generation: JsonObject): JsonObject {
  return objectAt(objectAt(generation, 'message'), 'data');
}

const finishFields = ['finish_reason', 'finishReason', 'stop_reason', 'stopReason', 'done_reason'];

function isComplete(generation: JsonObject): boolean {
  const message = messageOf(generation);
  const metadata = objectAt(message, 'response_metadata');
  const info = objectAt(generation, 'generationInfo');
  const words = [metadata, info].flatMap((holder) => finishFields.map((name) => holder[name]));
  const toolCalls = listAt(message, 'tool_calls');
  return (
    words.every((word) => isUnset(word) || finishOf(word) === 'natural') &&
    // Of OpenAI's responses.
    ['completed', undefined, null].includes(textOrNull(metadata['status'])) &&
    isUnset(objectAt(message, 'additional_kwargs')['refusal']) &&
    listAt(message, 'invalid_tool_calls').length === 0 &&
    (toolCalls.length > 0 || saysSomething(generation['text']) || hasContent(message['content']))
  );
}

function textOrNull(value: JsonValue | undefined): string | null | undefined {
  return typeof value === 'string' || value === null ? value : undefined;
}

function saysSomething(text: JsonValue | undefined): boolean {
  return typeof text === 'string' && text.trim() !== '';
}

/** Whether the parts of a message have more than thoughts and empty text. */
function hasContent(content: JsonValue | undefined): boolean {
  return (
    isJsonArray(content) &&
    content.some((part) => {
      if (!isJsonObject(part)) return saysSomething(part);
      const type = part['type'];
      if (type === 'text') return saysSomething(part['text']);
      return type !== 'reasoning' && type !== 'thinking' && type !== 'redacted_thinking';
    })
  );
}

function usageOf(message: JsonObject): Usage | undefined {
  const usage = objectAt(message, 'usage_metadata');
  const [inputTokens, outputTokens] = [usage['input_tokens'], usage['output_tokens']];
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined;
  const details = objectAt(usage, 'input_token_details');
  const [cached, written] = [details['cache_read'], details['cache_creation']];
  return {
    inputTokens,
    outputTokens,
    ...(typeof cached === 'number' && { cachedInputTokens: cached }),
    ...(typeof written === 'number' && { cacheWriteTokens: written }),
  };
}

function modelOf(metadata: JsonObject): string | undefined {
  const model = metadata['model_name'] ?? metadata['model'] ?? metadata['modelId'];
  return typeof model === 'string' && model !== '' ? model : undefined;
}

function objectAt(holder: JsonObject, name: string): JsonObject {
  const value = holder[name];
  return isJsonObject(value) ? value : {};
}

function listAt(holder: JsonObject, name: string): readonly JsonValue[] {
  const value = holder[name];
  return isJsonArray(value) ? value : [];
}
