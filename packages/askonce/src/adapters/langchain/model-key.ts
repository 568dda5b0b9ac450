/**
 * The text by which LangChain names a model and its parameters: `name:JSON` pairs, sorted and joined by commas.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';

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

/** What `withStructuredOutput` sets: the schema as JSON Schema, and the same for the provider, as the caller has it. */
const schemaInWords = 'ls_structured_output_format';
const schemaAsGiven = 'response_format';

/** What `withStructuredOutput` says of a call: its method, and the schema as JSON Schema. Undefined for any other call. */
export function structuredOutputIn(llmKey: string): JsonObject | undefined {
  if (!llmKey.includes(schemaInWords)) return undefined;
  const pair = pairsOf(llmKey).find((one) => nameOf(one) === schemaInWords);
  const said = pair === undefined ? undefined : tryParseJson(pair.slice(schemaInWords.length + 1));
  return isJsonObject(said) ? said : undefined;
}

/**
 * Whether the key leaves out what a parameter says, so that another parameter may have the same key: LangChain writes a tool that a
 * call is given as an object without its name and its schema, and a schema that is an object without its checks.
 */
export function isLossy(llmKey: string): boolean {
  if (!/"type":"not_implemented"|"_?def":\{|"~standard":/.test(llmKey)) return false;
  const pairs = pairsOf(llmKey);
  const isInWords = pairs.some((pair) => nameOf(pair) === schemaInWords);
  return pairs.some((pair) => {
    const name = nameOf(pair);
    if (isInWords && (name === schemaInWords || name === schemaAsGiven)) return false;
    return holdsObject(tryParseJson(pair.slice(name.length + 1)));
  });
}

/** Whether JSON holds what is left of an object: of one of LangChain's own, of a schema of Zod, or of a Standard Schema. */
function holdsObject(value: JsonValue | undefined): boolean {
  if (isJsonArray(value)) return value.some(holdsObject);
  if (!isJsonObject(value)) return false;
  const { type, def, _def: olderDef } = value;
  return (
    (value['lc'] === 1 && type === 'not_implemented') ||
    (isJsonObject(def) && typeof type === 'string' && def['type'] === type) ||
    (isJsonObject(olderDef) && typeof olderDef['typeName'] === 'string') ||
    isJsonObject(value['~standard']) ||
    Object.values(value).some(holdsObject)
  );
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
