/**
 * Assessing a finished Responses recording.
 */
import type { Recording, Usage } from '../../../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../../json.ts';
import { saysText } from '../../answer-text.ts';
import type { Assessment, Finish, FinishWords } from '../../contract.ts';
import { meaningIn } from '../../finish-words.ts';
import { hasText } from '../../recorded-json.ts';
import { usageFrom } from '../../usage.ts';
import { idOf } from '../finish.ts';
import { readResponse } from './response.ts';

export function assess(recording: Recording, words?: FinishWords): Assessment {
  const reading = readResponse(recording);
  if (reading.kind !== 'response')
    return { finish: reading.kind, finishReason: '', empty: true, toolCalls: 'none' };
  const { response } = reading;
  const items = reading.items.filter(isJsonObject);
  const { finish, finishReason } = judgeStatus(response, items, words);
  return {
    finish,
    finishReason,
    empty: !items.some(saysSomething),
    toolCalls: judgeCalls(items),
    usage: usageOf(response),
    model: typeof response['model'] === 'string' ? response['model'] : undefined,
    id: idOf(response),
  };
}

function judgeStatus(
  response: JsonObject,
  items: readonly JsonObject[],
  words: FinishWords | undefined,
): { finish: Finish; finishReason: string } {
  const { status, incomplete_details: details } = response;
  const finishReason = typeof status === 'string' ? status : '';
  switch (status) {
    case 'completed':
      if (isJsonObject(response['error'])) return { finish: 'failed', finishReason };
      return items.some(isRefusal)
        ? { finish: 'refused', finishReason: 'refusal' }
        : { finish: 'natural', finishReason };
    case 'incomplete': {
      const reason =
        isJsonObject(details) && typeof details['reason'] === 'string' ? details['reason'] : status;
      return {
        finish: meaningIn([words, cuts], reason) ?? 'incomplete',
        finishReason: reason,
      };
    }
    case 'failed':
    case 'cancelled':
      return { finish: 'failed', finishReason };
    case 'queued':
    case 'in_progress':
      return { finish: 'incomplete', finishReason };
    default:
      return { finish: 'unreadable', finishReason };
  }
}

/** Why a response that is marked as incomplete was cut. No word makes such a response complete but a user's own. */
const cuts: FinishWords = new Map([
  ['max_output_tokens', 'length'],
  // Others that speak the protocol name the limit as chat completions and Messages do.
  ['max_tokens', 'length'],
  ['length', 'length'],
  ['content_filter', 'filtered'],
]);

function partsOf(item: JsonObject): readonly JsonObject[] {
  const { content: parts } = item;
  return isJsonArray(parts) ? parts.filter(isJsonObject) : [];
}

function isRefusal(item: JsonObject): boolean {
  return item['type'] === 'message' && partsOf(item).some(({ type }) => type === 'refusal');
}

/** Reasoning is no answer. Any item but a message and reasoning is a call, or the result of one. */
function saysSomething(item: JsonObject): boolean {
  if (item['type'] === 'message')
    return partsOf(item).some((part) => saysText(part['text']) || hasText(part['refusal']));
  return item['type'] !== 'reasoning';
}

const withArguments: ReadonlySet<JsonValue | undefined> = new Set([
  'function_call',
  'mcp_call',
  'mcp_approval_request',
]);

/** Functions take JSON; custom tools, patches and shells take any text. */
function judgeCalls(items: readonly JsonObject[]): Assessment['toolCalls'] {
  const calls = items.filter(
    ({ type }) => typeof type === 'string' && (type.endsWith('_call') || withArguments.has(type)),
  );
  if (calls.length === 0) return 'none';
  return calls.every((call) => !withArguments.has(call['type']) || isJsonText(call['arguments']))
    ? 'valid'
    : 'invalid';
}

function isJsonText(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && (value === '' || tryParseJson(value) !== undefined);
}

function usageOf({ usage, service_tier: serviceTier }: JsonObject): Usage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const { input_tokens: input, output_tokens: output, input_tokens_details: given } = usage;
  const details = isJsonObject(given) ? given : {};
  return usageFrom({
    input,
    output,
    cached: details['cached_tokens'],
    cacheWrite: details['cache_write_tokens'],
    serviceTier,
  });
}
