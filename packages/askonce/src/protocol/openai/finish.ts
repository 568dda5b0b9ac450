/**
 * The finish, usage and model of an answer, as OpenAI and the providers that speak its protocol report them.
 */
import type { Recording, Usage } from '../../entry/entry.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';
import type { Assessment, Finish, FinishWords } from '../contract.ts';
import { finishOf, isKnownWord } from '../finish-words.ts';
import { isCount, usageFrom } from '../usage.ts';
import { choicesOf } from './chunks.ts';
import type { CompletionReading } from './recorded-completion.ts';
import { traitsOf } from './stream-options.ts';

/** Assesses what was read. `judge` assesses a completion. */
export function assessed(
  { form }: Recording,
  reading: CompletionReading,
  words: FinishWords | undefined,
  judge: (completion: JsonObject) => Assessment,
): Assessment {
  if (reading.kind === 'completion') return judge(reading.completion);
  const { kind, unmarked } = reading;
  if (unmarked === undefined) return { finish: kind, finishReason: '', empty: true, toolCalls: 'none' };
  const assessment = judge(unmarked);
  const isCertain =
    choicesOf(unmarked).every(
      ({ index, finish_reason: word }, position) => index === position && isKnownWord(word, words),
    ) &&
    // The usage that was asked for comes after the finish words.
    (!traitsOf(form).usage || assessment.usage !== undefined);
  return { ...assessment, finish: kind, unmarked: isCertain ? assessment.finish : undefined };
}

/**
 * How one choice ended. OpenRouter translates the finish word and adds the provider's own one, which can say that what
 * looks natural was cut.
 */
export function finishOfChoice(choice: JsonObject, words: FinishWords | undefined): Finish {
  if (isJsonObject(choice['error'])) return 'failed';
  const { finish_reason: word, native_finish_reason: native } = choice;
  const finish = finishOf(word, words);
  if (finish !== 'natural' || !isKnownWord(native, words)) return finish;
  const own = finishOf(native, words);
  return own === 'incomplete' ? finish : own;
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
  judge: (choice: JsonObject) => Finish,
): Pick<Assessment, 'finish' | 'finishReason' | 'finishReasons'> {
  let worst: Pick<Assessment, 'finish' | 'finishReason'> | undefined;
  for (const choice of choices) {
    const finish = judge(choice);
    if (worst === undefined || isWorse(finish, worst.finish))
      worst = { finish, finishReason: wordOf(choice) };
  }
  if (worst === undefined) return { finish: 'incomplete', finishReason: '' };
  return choices.length === 1 ? worst : { ...worst, finishReasons: choices.map(wordOf) };
}

function wordOf({ finish_reason: reason }: JsonObject): string {
  return typeof reason === 'string' ? reason : '';
}

/** The id of the answer, if it has one. */
export function idOf({ id }: JsonObject): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** The model that answered, if the answer names one. */
export function modelOf({ model }: JsonObject): string | undefined {
  return typeof model === 'string' && model !== '' ? model : undefined;
}

/**
 * The `usage` of an answer as OpenAI writes it; answers that generate nothing (embeddings) have no `completion_tokens`. Cached tokens
 * are part of `prompt_tokens`. DeepSeek reports them in a field of its own; OpenRouter also reports cache writes.
 */
export function usageOf({ usage, service_tier: serviceTier }: JsonObject): Usage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = usage;
  const { prompt_tokens_details: given, prompt_cache_hit_tokens: hit } = usage;
  const details = isJsonObject(given) ? given : {};
  return usageFrom({
    input,
    output: isCount(output) || !isCount(total) || !isCount(input) ? output : Math.max(0, total - input),
    cached: details['cached_tokens'] ?? hit,
    cacheWrite: details['cache_write_tokens'],
    serviceTier,
  });
}
