/**
 * A call of a model as a request to the cache.
 */
import type { CacheRequest, HeaderFields } from '../../identity/request.ts';
import { isJsonObject, type JsonObject, type JsonValue, maxJsonDepth } from '../../json.ts';
import { splitOptions } from '../../protocol/ai-sdk/provider-options.ts';
import type { CallControls } from './options.ts';
import type { ModelCall } from './types.ts';
import { bytesToBase64 } from './values.ts';

/** The call without what is meant for the cache. */
export function withoutOwn<Call extends ModelCall>(call: Call): Call {
  if (call.providerOptions?.['askonce'] === undefined) return call;
  const { askonce: _askonce, ...others } = call.providerOptions;
  return { ...call, providerOptions: others };
}

/** The provider, the model and the form of a call, as they stand in its request. */
export interface CallFrame {
  readonly protocol: 'ai-sdk' | 'ai-sdk-embeddings';
  readonly upstream: string;
  readonly route: string;
  /** Fields of the body besides the options. */
  readonly fields: JsonObject;
  readonly renamesModels: boolean;
  /** Names the account of the model, whose key is hidden. */
  readonly account: string;
}

/**
 * Undefined if JSON cannot express the call: a function in an option, say. Then it bypasses the cache.
 */
export function requestOf(
  options: Partial<ModelCall>,
  { fields, ...frame }: CallFrame,
  controls: CallControls,
): CacheRequest | undefined {
  const { headers, providerOptions = {}, abortSignal: _signal, ...rest } = options;
  try {
    const { askonce: _askonce, ...others } = providerOptions;
    const given = plain(others);
    const body = plain(rest);
    if (!isJsonObject(given) || !isJsonObject(body)) return undefined;
    const { counted, uncounted } = splitOptions(given);
    return {
      ...frame,
      query: '',
      headers: headersOf(headers),
      body: JSON.stringify({ ...fields, ...body, providerOptions: counted, uncounted }),
      ...controls,
      // What is left out has the defaults of the SDK's specification.
      knownDefaults: true,
    };
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A request in the place of one that JSON cannot express. */
export function emptyRequest({ fields, ...frame }: CallFrame, controls: CallControls): CacheRequest {
  return { ...frame, query: '', headers: {}, body: JSON.stringify(fields), ...controls };
}

function headersOf(headers: ModelCall['headers']): HeaderFields {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/**
 * The JSON of an option: bytes are base64 and URLs are text, as providers take them.
 * @throws TypeError for what JSON cannot express.
 */
function plain(value: unknown, depth = 0): JsonValue | undefined {
  switch (typeof value) {
    case 'undefined':
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      break;
    case 'object':
      if (value === null) return value;
      if (depth < maxJsonDepth) return plainObject(value, depth);
      break;
    default:
  }
  throw new TypeError('not a JSON value');
}

function plainObject(value: object, depth: number): JsonValue | undefined {
  if (value instanceof Uint8Array) return bytesToBase64(value);
  if (value instanceof URL) return value.href;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item: unknown) => plain(item, depth + 1) ?? null);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('an instance of a class');
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, property]): [string, JsonValue][] => {
      const written = plain(property, depth + 1);
      return written === undefined ? [] : [[name, written]];
    }),
  );
}
