/** A value that JSON can express. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object; a missing property reads as undefined. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

/** Objects and lists within each other, at most: as deep as a request may be. */
export const maxJsonDepth = 512;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether a property says nothing: absent, null or an empty string. */
export function isUnset(value: JsonValue | undefined): value is undefined | null | '' {
  return value === undefined || value === null || value === '';
}

/** `JSON.parse` with an honest type; throws SyntaxError. */
export function parseJson(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  return value;
}

/** The JSON value of `text`, or undefined if it is not JSON. */
export function tryParseJson(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
