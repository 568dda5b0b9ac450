/**
 * Whether a value in a request switches something on. Providers write "off" in many ways.
 */
import { isJsonArray, isJsonObject, type JsonValue } from '../../json.ts';

const offWords: ReadonlySet<string> = new Set([
  '',
  'off',
  'none',
  'no',
  'false',
  'never',
  'disabled',
  'disable',
]);

/** An object without a switch of its own is on, even if it is empty (`web_search_options: {}`). */
export function isOn(value: JsonValue | undefined): boolean {
  switch (typeof value) {
    case 'undefined':
      return false;
    case 'boolean':
      return value;
    case 'number':
      return value !== 0;
    case 'string':
      return !offWords.has(value.toLowerCase());
    default:
      if (isJsonArray(value)) return value.some(isOn);
      if (!isJsonObject(value)) return false;
      return ['enable', 'enabled', 'search_enable', 'mode'].every(
        (name) => value[name] === undefined || value[name] === null || isOn(value[name]),
      );
  }
}

/** Whether one member of an object that holds switches is on. */
export function isOneOn(value: JsonValue | undefined): boolean {
  return isJsonObject(value) ? Object.values(value).some(isOn) : isOn(value);
}
