/**
 * Assessing a finished recording of the AI SDK.
 */
import type { Recording, Usage } from '../../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';
import { saysText } from '../answer-text.ts';
import type { Assessment, Finish, FinishWords } from '../contract.ts';
import { finishOf, meaningIn } from '../finish-words.ts';
import { usageFrom } from '../usage.ts';
import { readResult } from './result.ts';

export function assess(recording: Recording, words?: FinishWords): Assessment {
  const reading = readResult(recording);
  if (reading.kind !== 'result')
    return { finish: reading.kind, finishReason: '', empty: true, toolCalls: 'none' };
  const { content, finishReason, usage, response } = reading.result;
  const parts = isJsonArray(content) ? content.filter(isJsonObject) : [];
  const { id, modelId } = isJsonObject(response) ? response : {};
  return {
    ...endOf(isJsonObject(finishReason) ? finishReason : {}, words),
    empty: !parts.some(saysSomething),
    toolCalls: judgeCalls(parts),
    usage: usageOf(usage),
    model: typeof modelId === 'string' ? modelId : undefined,
    id: typeof id === 'string' && id !== '' ? id : undefined,
  };
}

/** The SDK's own words. For `other` the provider's word decides. */
const unified: ReadonlyMap<JsonValue | undefined, Finish> = new Map<JsonValue | undefined, Finish>([
  ['stop', 'natural'],
  ['tool-calls', 'natural'],
  ['length', 'length'],
  ['content-filter', 'filtered'],
  ['error', 'failed'],
  ['interrupted', 'incomplete'],
]);

/**
 * The provider's word is more precise than the SDK's, which has no word for a pause or a refusal. A stream that broke
 * off between two events ends with `other` and no word of the provider.
 */
function endOf(
  { unified: word, raw }: JsonObject,
  words: FinishWords | undefined,
): Pick<Assessment, 'finish' | 'finishReason'> {
  const finishReason = typeof raw === 'string' && raw !== '' ? raw : typeof word === 'string' ? word : '';
  const own = typeof raw === 'string' ? meaningIn([words], raw) : undefined;
  const common = unified.get(word);
  if (own !== undefined) return { finish: own, finishReason };
  if (common !== undefined && common !== 'natural') return { finish: common, finishReason };
  if (common === 'natural' && (raw === undefined || raw === null || raw === ''))
    return { finish: 'natural', finishReason };
  return { finish: finishOf(raw, words), finishReason };
}

/** Thoughts are no answer, and neither is a source alone. */
const notAnswers: ReadonlySet<JsonValue | undefined> = new Set(['reasoning', 'reasoning-file', 'source']);

function saysSomething({ type, text }: JsonObject): boolean {
  return type === 'text' ? saysText(text) : !notAnswers.has(type);
}

/** The input of a call is text; nothing stands for no arguments, as `generateText` reads it. */
export function judgeCalls(parts: readonly JsonObject[]): Assessment['toolCalls'] {
  const calls = parts.filter(({ type }) => type === 'tool-call');
  if (calls.length === 0) return 'none';
  const isValid = ({ input }: JsonObject) =>
    typeof input === 'string' && (input.trim() === '' || tryParseJson(input) !== undefined);
  return calls.every(isValid) ? 'valid' : 'invalid';
}

function usageOf(usage: JsonValue | undefined): Usage | undefined {
  const { inputTokens, outputTokens } = isJsonObject(usage) ? usage : {};
  if (!isJsonObject(inputTokens) || !isJsonObject(outputTokens)) return undefined;
  return usageFrom({
    input: inputTokens['total'],
    output: outputTokens['total'],
    cached: inputTokens['cacheRead'],
    cacheWrite: inputTokens['cacheWrite'],
  });
}
