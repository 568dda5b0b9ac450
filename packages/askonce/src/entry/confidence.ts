/**
 * The confidence that an answer states itself, found by a JSON pointer (RFC 6901).
 */
import { isJsonArray, isJsonObject, type JsonValue, tryParseJson } from '../json.ts';

/**
 * The number from 0 to 1 that `pointer` points at, or undefined where there is none. Where the way meets a string that
 * is JSON (a message's content, the arguments of a tool call) it goes on inside.
 */
export function statedConfidence(answer: JsonValue | undefined, pointer: string): number | undefined {
  let value = answer;
  for (const escaped of pointer.split('/').slice(1)) {
    value = memberOf(opened(value), escaped.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  const found = opened(value);
  return typeof found === 'number' && found >= 0 && found <= 1 ? found : undefined;
}

function opened(value: JsonValue | undefined): JsonValue | undefined {
  return typeof value === 'string' ? tryParseJson(value) : value;
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (isJsonArray(value)) return /^(?:0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
