/**
 * Assessing a finished Messages recording.
 */
import type { Recording, Usage } from '../../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { saysText } from '../answer-text.ts';
import type { Assessment, FinishWords } from '../contract.ts';
import { finishOf, isKnownWord } from '../finish-words.ts';
import { isCount, sumOf, usageFrom } from '../usage.ts';
import { readMessage } from './message.ts';

const callTypes: ReadonlySet<JsonValue | undefined> = new Set([
  'tool_use',
  'server_tool_use',
  'mcp_tool_use',
]);

export function assess(recording: Recording, words?: FinishWords): Assessment {
  const reading = readMessage(recording);
  if (reading.kind === 'message') return judge(reading.message, words);
  const { kind, unmarked } = reading;
  if (unmarked === undefined) return { finish: kind, finishReason: '', empty: true, toolCalls: 'none' };
  const assessment = judge(unmarked, words);
  const isCertain = isKnownWord(unmarked['stop_reason'], words);
  return { ...assessment, finish: kind, unmarked: isCertain ? assessment.finish : undefined };
}

function judge(message: JsonObject, words: FinishWords | undefined): Assessment {
  const { content, stop_reason: reason, usage, model, id } = message;
  const blocks = isJsonArray(content) ? content : [];
  return {
    finish: finishOf(reason, words),
    finishReason: typeof reason === 'string' ? reason : '',
    empty: !blocks.some(saysSomething),
    toolCalls: judgeCalls(blocks),
    isFallback: isFallback(blocks, usage),
    usage: usageOf(usage),
    model: typeof model === 'string' ? model : undefined,
    id: typeof id === 'string' && id !== '' ? id : undefined,
  };
}

/** Thoughts are no answer, and neither is the mark of a fallback. Any other block is text, a call or the result of one. */
const notAnswers: ReadonlySet<JsonValue | undefined> = new Set(['thinking', 'redacted_thinking', 'fallback']);

function saysSomething(block: JsonValue): boolean {
  if (!isJsonObject(block)) return false;
  const { type, text } = block;
  return type === 'text' ? saysText(text) : !notAnswers.has(type);
}

/** Marks of a server-side fallback: where another model takes over, and what it used. */
function isFallback(blocks: readonly JsonValue[], usage: JsonValue | undefined): boolean {
  const iterations = isJsonObject(usage) ? usage['iterations'] : undefined;
  const isOfType = (type: string) => (one: JsonValue) => isJsonObject(one) && one['type'] === type;
  return (
    blocks.some(isOfType('fallback')) ||
    (isJsonArray(iterations) && iterations.some(isOfType('fallback_message')))
  );
}

/** In a body the provider has parsed the arguments; in a stream they are pieces of text, which may not be JSON. */
export function judgeCalls(blocks: readonly JsonValue[]): Assessment['toolCalls'] {
  const calls = blocks.filter(
    (block): block is JsonObject => isJsonObject(block) && callTypes.has(block['type']),
  );
  if (calls.length === 0) return 'none';
  return calls.every(({ input }) => isJsonObject(input)) ? 'valid' : 'invalid';
}

/** `input_tokens` excludes the tokens that the provider's prompt cache read or wrote; the whole prompt is the sum. */
function usageOf(usage: JsonValue | undefined): Usage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const { input_tokens: uncached, output_tokens: output } = usage;
  const { cache_read_input_tokens: cached, cache_creation_input_tokens: cacheWrite } = usage;
  const { service_tier: serviceTier, cache_creation: writes } = usage;
  const hourCacheWrite = isJsonObject(writes) ? writes['ephemeral_1h_input_tokens'] : undefined;
  const input = isCount(uncached) ? sumOf([uncached, cached, cacheWrite]) : undefined;
  return usageFrom({ input, output, cached, cacheWrite, hourCacheWrite, serviceTier });
}
