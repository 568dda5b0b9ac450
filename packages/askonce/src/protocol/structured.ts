/**
 * JSON that a request asks for as the content of its answer, as OpenAI and others write it.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../json.ts';

/** What the content of an answer must be. */
export interface WantedJson {
  /** The JSON Schema that it must fit; undefined if any JSON will do. */
  readonly schema: JsonObject | undefined;
}

/** How a protocol asks for JSON, and where its answers have it. */
export interface Structured {
  /** Undefined if the request does not ask for JSON. */
  wanted(body: JsonObject): WantedJson | undefined;
  /** The contents of an answer that must be JSON, one of each choice; none of a choice that calls the caller's tools. */
  contents(answer: JsonValue): readonly string[];
}

const jsonTypes: ReadonlySet<JsonValue | undefined> = new Set(['json_schema', 'json_object', 'json']);

/**
 * What a format (`response_format`, `text.format`, `output_format`) asks for. The schema is at `json_schema.schema`
 * (OpenAI), `schema` (OpenAI's responses, Anthropic, Together, Fireworks, llama.cpp), `response_schema` (Google) or
 * `value` (text-generation-inference).
 */
export function wantedBy(format: JsonValue | undefined): WantedJson | undefined {
  if (!isJsonObject(format) || !jsonTypes.has(format['type'])) return undefined;
  const { json_schema: named, schema, response_schema: response, value } = format;
  const inner = isJsonObject(named) ? named['schema'] : undefined;
  return { schema: [inner, schema, response, value].find(isJsonObject) };
}

/** The same of a body, in the fields that chat and text completions have at OpenAI, vLLM, SGLang and llama.cpp. */
export function wantedByCompletion(body: JsonObject): WantedJson | undefined {
  const asked = wantedBy(body['response_format']);
  if (asked !== undefined) return asked;
  const { structured_outputs: outputs, guided_json: guided, json_schema: schema } = body;
  const given = [isJsonObject(outputs) ? outputs['json'] : undefined, guided, schema]
    .map((one) => (typeof one === 'string' ? tryParseJson(one) : one))
    .find(isJsonObject);
  return given === undefined ? undefined : { schema: given };
}

/** The text of parts, or of one text; parts of other types have none. */
export function textIn(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  if (!isJsonArray(content)) return '';
  return content
    .map((part) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}
