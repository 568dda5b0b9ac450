/**
 * A request body as text, and as JSON of which it is known whether parsing hid something.
 */
import { isUtf8 } from 'node:buffer';
import { AskonceError } from '../errors.ts';
import { isJsonObject, type JsonObject, tryParseJson } from '../json.ts';
import { countProperties, scanJson } from './json-scan.ts';

export interface JsonBody {
  readonly body: JsonObject;
  /** False where a property is given twice, or a number means another one once it is parsed. */
  readonly isFaithful: boolean;
}

/**
 * Parses a body.
 * @throws AskonceError `invalid_json`, `request_too_deep`, or `invalid_request` for JSON that is no object.
 */
export function parseBody(source: Uint8Array | string): JsonBody {
  const text = bodyText(source);
  const { properties, numbersSurvive } = scanJson(text);
  const body = tryParseJson(text);
  if (body === undefined) throw new AskonceError('invalid_json', 'the request body is not valid JSON');
  if (!isJsonObject(body))
    throw new AskonceError('invalid_request', 'the request body must be a JSON object');
  return { body, isFaithful: numbersSurvive && countProperties(body) === properties };
}

/**
 * Refuses a string that UTF-8 cannot hold: its digest would be that of another string.
 * @throws AskonceError `invalid_json`.
 */
function checkWellFormed(source: Uint8Array | string): void {
  if (typeof source === 'string' && !source.isWellFormed())
    throw new AskonceError('invalid_json', 'the request body has a lone surrogate, which UTF-8 cannot hold');
}

function bodyText(source: Uint8Array | string): string {
  checkWellFormed(source);
  if (typeof source === 'string') return source;
  if (!isUtf8(source)) throw new AskonceError('invalid_json', 'the request body is not UTF-8');
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('utf8');
}
