/**
 * Finish words: how providers say why generation ended, and what each word means.
 *
 * Providers that speak another's protocol keep their own words, and gateways pass on those of the provider behind them. So
 * one table serves every protocol, and a word has one meaning whichever provider sends it.
 */
import type { JsonValue } from '../json.ts';
import type { Finish, FinishWords } from './contract.ts';

/** What a finish word can mean. */
const wordMeanings = ['natural', 'length', 'filtered', 'refused', 'paused', 'failed'] as const;

type Meaning = (typeof wordMeanings)[number] | 'incomplete';

/** By provider; lower case, with `_` between words. */
export const finishWordsByProvider: Readonly<Record<string, Readonly<Record<string, Meaning>>>> = {
  OpenAI: {
    stop: 'natural',
    tool_calls: 'natural',
    function_call: 'natural',
    length: 'length',
    content_filter: 'filtered',
    max_output_tokens: 'length',
  },
  Anthropic: {
    end_turn: 'natural',
    tool_use: 'natural',
    stop_sequence: 'natural',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    refusal: 'refused',
    pause_turn: 'paused',
    // Answers a request for compaction, and also marks a pause in the middle of a turn: the two look alike.
    compaction: 'paused',
  },
  Google: {
    stop: 'natural',
    max_tokens: 'length',
    safety: 'filtered',
    recitation: 'filtered',
    language: 'filtered',
    blocklist: 'filtered',
    prohibited_content: 'filtered',
    spii: 'filtered',
    model_armor: 'filtered',
    image_safety: 'filtered',
    image_recitation: 'filtered',
    image_prohibited_content: 'filtered',
    malformed_function_call: 'failed',
    malformed_response: 'failed',
    unexpected_tool_call: 'failed',
    too_many_tool_calls: 'failed',
    missing_thought_signature: 'failed',
    no_image: 'failed',
    image_other: 'failed',
    other: 'failed',
    finish_reason_unspecified: 'incomplete',
  },
  'Amazon Bedrock': {
    guardrail_intervened: 'filtered',
    content_filtered: 'filtered',
    malformed_model_output: 'failed',
    malformed_tool_use: 'failed',
    finish: 'natural',
    stop_criteria_met: 'natural',
    rag_query_when_rag_disabled: 'failed',
  },
  Cohere: {
    complete: 'natural',
    stop_sequence: 'natural',
    tool_call: 'natural',
    max_tokens: 'length',
    error: 'failed',
    error_toxic: 'filtered',
    error_limit: 'length',
    user_cancel: 'failed',
    timeout: 'failed',
  },
  Mistral: { model_length: 'length', error: 'failed' },
  Together: { eos: 'natural' },
  xAI: { end_turn: 'natural' },
  'Hugging Face': { eos_token: 'natural', stop_sequence: 'natural' },
  watsonx: {
    eos_token: 'natural',
    token_limit: 'length',
    time_limit: 'length',
    cancelled: 'failed',
    not_finished: 'incomplete',
  },
  AI21: { endoftext: 'natural' },
  'Aleph Alpha': { end_of_text: 'natural', maximum_tokens: 'length' },
  Reka: { context: 'length' },
  DeepSeek: { insufficient_system_resource: 'failed' },
  Zhipu: { sensitive: 'filtered', network_error: 'failed' },
  Baidu: { normal: 'natural' },
  // While a stream is in progress, as text.
  Alibaba: { null: 'incomplete' },
  MiniMax: { max_output: 'length' },
  'vLLM and SGLang': { abort: 'failed', repetition: 'failed' },
  Xiaomi: { repetition_truncation: 'failed' },
  'Azure AI': { token_limit_reached: 'length' },
  'llama.cpp': { eos: 'natural', word: 'natural', limit: 'length' },
  Ollama: { load: 'incomplete', unload: 'incomplete' },
  OpenRouter: { error: 'failed' },
  'LM Studio': {
    eos_found: 'natural',
    stop_string_found: 'natural',
    max_predicted_tokens_reached: 'length',
    context_length_reached: 'length',
    user_stopped: 'failed',
    model_unloaded: 'failed',
    failed: 'failed',
  },
  // Written by servers and gateways that no documentation lists.
  others: {
    max_completion_tokens: 'length',
    max_length: 'length',
    max_tokens_reached: 'length',
    context_length_exceeded: 'length',
    context_window_exceeded: 'length',
    moderation: 'filtered',
    blocked: 'filtered',
    aborted: 'failed',
    canceled: 'failed',
    interrupted: 'failed',
    internal_error: 'failed',
    server_error: 'failed',
    incomplete: 'incomplete',
  },
};

const known: FinishWords = new Map(Object.values(finishWordsByProvider).flatMap(Object.entries<Meaning>));

/** Providers differ in case and in how they join words (`MAX_TOKENS`, `tool-calls`). */
function normalized(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}

/** A word that needs no other form: nearly every one. */
const isNormalized = /^[a-z_]+$/;

/** The meaning that the first of the tables has for a word as it stands, or else split at its capitals (`contentFilter`). */
export function meaningIn(tables: readonly (FinishWords | undefined)[], word: string): Finish | undefined {
  const forms = isNormalized.test(word) ? [word] : formsOf(word);
  for (const table of tables) for (const form of forms) if (table?.has(form)) return table.get(form);
  return undefined;
}

function formsOf(word: string): readonly string[] {
  return [word, word.replaceAll(/([a-z])([A-Z])/g, '$1_$2')].map(normalized);
}

/**
 * What a finish word means. A word that is in neither table is a provider's own word for an end that is not in doubt, since the
 * answer is complete; the absence of a word is an answer that is not finished.
 */
export function finishOf(word: JsonValue | undefined, own?: FinishWords): Finish {
  if (word === null || word === undefined) return 'incomplete';
  if (typeof word !== 'string') return 'unreadable';
  if (word.trim() === '') return 'incomplete';
  return meaningIn([own, known], word) ?? 'natural';
}

/** Whether the tables have a word. The end of a stream without an end mark is certain only with a word that they have. */
export function isKnownWord(word: JsonValue | undefined, own?: FinishWords): boolean {
  return typeof word === 'string' && meaningIn([own, known], word) !== undefined;
}

/** The setting `finishWords`, each of whose items is `word=meaning`. */
export function readFinishWords(items: readonly string[]): FinishWords {
  return new Map(
    items.flatMap((item) => {
      const [word = '', named = ''] = item.split('=');
      const meaning = wordMeanings.find((one) => one === named.trim().toLowerCase());
      return meaning === undefined ? [] : [[normalized(word), meaning] as const];
    }),
  );
}
