/**
 * The text by which LangChain names a model and its parameters: `name:JSON` pairs, sorted and joined by commas.
 */
import { tryParseJson } from '../../json.ts';

/** What makes no other answer: a caller's signal, and whether the answer is assembled from a stream. */
const withoutEffect: ReadonlySet<string> = new Set(['signal', 'stream', 'stream_options']);

/** The key without the parameters that make no other answer. */
export function countedKey(llmKey: string): string {
  return pairsOf(llmKey)
    .filter((pair) => !withoutEffect.has(nameOf(pair)))
    .join(',');
}

/** Whether the key is that of a chat model, whose prompts are turns. */
export function isChat(llmKey: string): boolean {
  return pairsOf(llmKey).includes('_model:"base_chat_model"');
}

/** The model that the key names; undefined if it names none. */
export function modelIn(llmKey: string): string | undefined {
  const pairs = pairsOf(llmKey);
  const pair =
    pairs.find((one) => one.startsWith('model_name:')) ?? pairs.find((one) => one.startsWith('model:'));
  const model = pair === undefined ? undefined : tryParseJson(pair.slice(pair.indexOf(':') + 1));
  return typeof model === 'string' && model !== '' ? model : undefined;
}

/** The pairs: a comma separates them only outside of strings and brackets. */
function pairsOf(llmKey: string): readonly string[] {
  const pairs: string[] = [];
  let start = 0;
  let depth = 0;
  // A string, a bracket, or a comma: each match is consumed whole.
  for (const { 0: token, index } of llmKey.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/g)) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    else if (token === ',' && depth === 0) {
      pairs.push(llmKey.slice(start, index));
      start = index + 1;
    }
  }
  pairs.push(llmKey.slice(start));
  return pairs;
}

function nameOf(pair: string): string {
  return pair.slice(0, pair.indexOf(':'));
}
