/**
 * Finish reasons, usage and models, as OpenAI and the providers that speak its protocol report them.
 */
import type { Usage } from '../../entry/entry.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { Assessment, Finish } from '../contract.ts';
import { isCount, usageFrom } from '../usage.ts';

const finishes: ReadonlyMap<JsonValue | undefined, Finish> = new Map<JsonValue | undefined, Finish>([
  ['stop', 'natural'],
  ['tool_calls', 'natural'],
  ['function_call', 'natural'],
  // xAI; text-generation-inference.
  ['end_turn', 'natural'],
  ['eos_token', 'natural'],
  ['stop_sequence', 'natural'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  // Mistral: the context window.
  ['model_length', 'length'],
  ['content_filter', 'filtered'],
  ['safety', 'filtered'],
  // Zhipu.
  ['sensitive', 'filtered'],
  ['refusal', 'refused'],
  ['error', 'failed'],
  ['network_error', 'failed'],
  // DeepSeek.
  ['insufficient_system_resource', 'failed'],
  [null, 'incomplete'],
  [undefined, 'incomplete'],
  ['', 'incomplete'],
]);

/** An answer with an undocumented finish reason is not trusted. */
export function finishOf(reason: JsonValue | undefined): Finish {
  return finishes.get(reason) ?? 'unreadable';
}

const worstFirst: readonly Finish[] = [
  'failed',
  'unreadable',
  'incomplete',
  'filtered',
  'refused',
  'paused',
  'length',
  'natural',
];

/** Whether `one` is further from a natural end than `other`. */
function isWorse(one: Finish, other: Finish): boolean {
  return worstFirst.indexOf(one) < worstFirst.indexOf(other);
}

/** The worst of all choices decides for all; an answer without a choice is incomplete. */
export function worstFinish(
  choices: readonly JsonObject[],
  finishOfChoice: (choice: JsonObject) => Finish,
): Pick<Assessment, 'finish' | 'finishReason'> {
  let worst: Pick<Assessment, 'finish' | 'finishReason'> | undefined;
  for (const choice of choices) {
    const { finish_reason: reason } = choice;
    const finish = finishOfChoice(choice);
    if (worst === undefined || isWorse(finish, worst.finish)) {
      worst = { finish, finishReason: typeof reason === 'string' ? reason : '' };
    }
  }
  return worst ?? { finish: 'incomplete', finishReason: '' };
}

/** The model that answered, if the answer names one. */
export function modelOf({ model }: JsonObject): string | undefined {
  return typeof model === 'string' && model !== '' ? model : undefined;
}

/**
 * `usage` as OpenAI writes it; answers that generate nothing (embeddings) have no `completion_tokens`. Cached tokens
 * are part of `prompt_tokens`. DeepSeek reports them in a field of its own; OpenRouter also reports cache writes.
 */
export function usageOf(usage: JsonValue | undefined): Usage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = usage;
  const { prompt_tokens_details: given, prompt_cache_hit_tokens: hit } = usage;
  const details = isJsonObject(given) ? given : {};
  return usageFrom({
    input,
    output: isCount(output) || !isCount(total) || !isCount(input) ? output : Math.max(0, total - input),
    cached: details['cached_tokens'] ?? hit,
    cacheWrite: details['cache_write_tokens'],
  });
}
