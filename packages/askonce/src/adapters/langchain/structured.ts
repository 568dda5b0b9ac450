/**
 * Structured output: whether generations have what `withStructuredOutput` reads from them. It refuses others, also when they come
 * from the cache, so that a repetition would fail as long as they are stored.
 */
import { allFit } from '../../engine/wanted-json.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';
import { textIn } from '../../protocol/structured.ts';
import { structuredOutputIn } from './model-key.ts';

export function hasWantedOutput(stored: JsonValue, llmKey: string): boolean {
  const { schema, kwargs } = structuredOutputIn(llmKey) ?? {};
  if (!isJsonObject(schema)) return true;
  const method = isJsonObject(kwargs) ? String(kwargs['method']) : '';
  const isByTool = /^function_?calling$/i.test(method);
  const outputs = isJsonArray(stored) ? stored.map((one) => outputOf(one, isByTool)) : [];
  if (outputs.includes(undefined)) return false;
  const given = outputs.flatMap((output) => output ?? []);
  return allFit(asParsed(schema), given);
}

/** The output of a generation, in a list; an empty one if only LangChain can read it. Undefined if there is none. */
function outputOf(generation: JsonValue, isByTool: boolean): readonly JsonValue[] | undefined {
  const message = isJsonObject(generation) ? generation['message'] : undefined;
  const data = isJsonObject(message) ? message['data'] : undefined;
  const { content, tool_calls: calls } = isJsonObject(data) ? data : {};
  const call = isJsonArray(calls) ? calls[0] : undefined;
  if (isByTool) {
    const args = isJsonObject(call) ? call['args'] : undefined;
    return args === undefined ? undefined : [args];
  }
  // A call of one of the caller's tools, before the output.
  if (call !== undefined) return [];
  const text = textIn(content);
  // LangChain finds JSON in a block of Markdown, too.
  if (text.includes('```')) return [];
  const value = tryParseJson(text);
  return value === undefined ? undefined : [value];
}

/**
 * The schema as Zod reads it, which takes its default for a property that is left out, and drops a property that it does
 * not know.
 */
function asParsed(schema: JsonObject): JsonObject {
  const { required, properties } = schema;
  const hasDefault = (name: JsonValue) => {
    const property = isJsonObject(properties) && typeof name === 'string' ? properties[name] : undefined;
    return isJsonObject(property) && property['default'] !== undefined;
  };
  const parts = Object.entries(schema).flatMap(([name, value]): [string, JsonValue][] => {
    if (value === undefined || (name === 'additionalProperties' && value === false)) return [];
    if (name === 'required' && isJsonArray(required))
      return [[name, required.filter((one) => !hasDefault(one))]];
    return [[name, parsedIn(value)]];
  });
  return Object.fromEntries(parts);
}

function parsedIn(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(parsedIn);
  return isJsonObject(value) ? asParsed(value) : value;
}
