/**
 * Options for one provider: which of them do not change the answer.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';

/** Of every provider: they steer the provider's prompt cache, that is price and speed. */
const promptCaching: ReadonlySet<string> = new Set([
  'cacheControl',
  'cache_control',
  'cachePoint',
  'promptCacheKey',
  'promptCacheOptions',
  'promptCacheRetention',
]);

/** Of these providers: they label the call or name its end user, which the model never sees. */
const labels: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['openai', new Set(['user', 'metadata', 'safetyIdentifier'])],
  ['azure', new Set(['user', 'metadata', 'safetyIdentifier'])],
  ['anthropic', new Set(['metadata'])],
  ['openrouter', new Set(['user'])],
  ['gateway', new Set(['user', 'tags'])],
]);

function isUncounted(provider: string, name: string): boolean {
  return promptCaching.has(name) || labels.get(provider)?.has(name) === true;
}

/** Options of a call, apart by whether they count. Either is undefined if there are none. */
export interface SplitOptions {
  readonly counted: JsonObject | undefined;
  readonly uncounted: JsonObject | undefined;
}

/** Splits the options of a call, a message, a part or a tool: an object of objects, by provider. */
export function splitOptions(given: JsonObject): SplitOptions {
  return {
    counted: only(given, (provider, name) => !isUncounted(provider, name)),
    uncounted: only(given, isUncounted),
  };
}

function only(
  given: JsonObject,
  isWanted: (provider: string, name: string) => boolean,
): JsonObject | undefined {
  const providers = Object.entries(given).flatMap(([provider, options]): [string, JsonValue][] => {
    if (options === undefined) return [];
    if (!isJsonObject(options)) return isWanted(provider, '') ? [[provider, options]] : [];
    const wanted = Object.entries(options).filter(
      ([name, value]) => value !== undefined && isWanted(provider, name),
    );
    return wanted.length === 0 ? [] : [[provider, Object.fromEntries(wanted)]];
  });
  return providers.length === 0 ? undefined : Object.fromEntries(providers);
}

/** The object with its `providerOptions` as they count. */
export function countedOptions(value: JsonObject): JsonObject {
  const { providerOptions, ...rest } = value;
  if (!isJsonObject(providerOptions)) return providerOptions === undefined ? rest : value;
  const { counted } = splitOptions(providerOptions);
  return counted === undefined ? rest : { ...rest, providerOptions: counted };
}

/** The end user that the options name: OpenAI's `user` and `safetyIdentifier`, Anthropic's `metadata.userId`. */
export function userIn(uncounted: JsonValue | undefined): string | undefined {
  for (const options of Object.values(isJsonObject(uncounted) ? uncounted : {})) {
    if (!isJsonObject(options)) continue;
    const { user, safetyIdentifier, metadata } = options;
    const userId = isJsonObject(metadata) ? metadata['userId'] : undefined;
    for (const named of [user, safetyIdentifier, userId]) if (typeof named === 'string') return named;
  }
  return undefined;
}
