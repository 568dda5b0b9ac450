/**
 * `doEmbed` behind the cache, value by value: the model is asked for the values that no entry has.
 */
import { inOnePiece } from '../../body/in-one-piece.ts';
import { AskonceError } from '../../errors.ts';
import type { Provider } from '../../flight/provider.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';
import type { AskModel } from './ask.ts';
import { errorOfReply, failureAnswer } from './failure.ts';
import type { HeldValues } from './held.ts';
import { bodyOf, isOwnAnswer, withMetadata } from './reply.ts';
import type { EmbeddingCall, EmbedResult, WrappedEmbeddingModel } from './types.ts';
import { fromJson, Inexpressible, toJson } from './values.ts';

export async function embedded(
  ask: AskModel,
  call: EmbeddingCall,
  held: HeldValues,
  model: WrappedEmbeddingModel,
): Promise<EmbedResult> {
  let own: EmbedResult | undefined;
  const provider: Provider = async (request, abortSignal) => {
    const values = valuesIn(String(request.body)) ?? call.values;
    try {
      const result = await embedInCalls({ ...call, values, abortSignal }, model);
      // A call for several callers may have as many values as this caller, and others.
      if (areEqual(values, call.values)) own = result;
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: inOnePiece(Buffer.from(writeResult(result, model.modelId))),
      };
    } catch (error) {
      return failureAnswer(error, held);
    }
  };
  const reply = await ask(provider);
  const body = await bodyOf(reply);
  if (reply.status >= 400) throw errorOfReply(reply, body, held);
  // The detail of a batch that entries completed begins with their number.
  const isWhole = reply.cacheStatus.kind === 'forward' && !/^[1-9]/.test(reply.cacheStatus.detail ?? '');
  const result = isOwnAnswer(reply) && isWhole && own !== undefined ? own : readResult(body);
  return { ...result, providerMetadata: withMetadata(result.providerMetadata, reply) };
}

/** The values that a call of the cache asks for: some of the caller's, or those of several callers. */
function valuesIn(body: string): string[] | undefined {
  const request = tryParseJson(body);
  const input = isJsonObject(request) ? request['input'] : undefined;
  if (typeof input === 'string') return [input];
  return isJsonArray(input) ? input.filter((value) => typeof value === 'string') : undefined;
}

function areEqual(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((value, index) => value === others[index]);
}

/** The embeddings of all values, in as many calls as the model's limit needs. */
async function embedInCalls(call: EmbeddingCall, model: WrappedEmbeddingModel): Promise<EmbedResult> {
  const { values } = call;
  const limit = (await model.maxEmbeddingsPerCall) ?? Number.POSITIVE_INFINITY;
  if (values.length <= limit) return await model.doEmbed(call);
  const results: EmbedResult[] = [];
  for (let from = 0; from < values.length; from += limit)
    results.push(await model.doEmbed({ ...call, values: values.slice(from, from + limit) }));
  const [first] = results;
  const usages = results.flatMap(({ usage }) => usage ?? []);
  const tokens = usages.reduce((sum, usage) => sum + usage.tokens, 0);
  return {
    ...first,
    embeddings: results.flatMap(({ embeddings }) => embeddings),
    ...(usages.length === results.length ? { usage: { tokens } } : {}),
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}

/** In the layout of OpenAI's embeddings. The HTTP response is not stored. */
function writeResult({ embeddings, usage, warnings, providerMetadata }: EmbedResult, model: string): string {
  return JSON.stringify({
    object: 'list',
    // A local model may return arrays of another class, which JSON has no lists for.
    data: embeddings.map((embedding, index) => ({ index, embedding: Array.from(embedding, numberToJson) })),
    model,
    ...(usage === undefined ? {} : { usage: { prompt_tokens: usage.tokens, total_tokens: usage.tokens } }),
    warnings: expressed(warnings),
    providerMetadata: expressed(providerMetadata),
  });
}

/** JSON has no text for these numbers, and no vector has a text otherwise. */
function numberToJson(number: number): number | string {
  if (Object.is(number, -0)) return '-0';
  return Number.isFinite(number) ? number : String(number);
}

function expressed(value: unknown): JsonValue | undefined {
  try {
    return value === undefined ? undefined : toJson(value);
  } catch (error) {
    if (error instanceof Inexpressible) return undefined;
    throw error;
  }
}

function readResult(body: Uint8Array): EmbedResult {
  const json = tryParseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  const answer: JsonObject = isJsonObject(json) ? json : {};
  const { data, usage, warnings, providerMetadata } = answer;
  const embeddings = isJsonArray(data) ? data.map(vectorOf) : [];
  const tokens = isJsonObject(usage) ? usage['prompt_tokens'] : undefined;
  const given = warnings === undefined ? undefined : fromJson(warnings);
  const metadata = providerMetadata === undefined ? undefined : fromJson(providerMetadata);
  return {
    embeddings,
    ...(typeof tokens === 'number' ? { usage: { tokens } } : {}),
    warnings: isWarnings(given) ? given : [],
    ...(isMetadata(metadata) ? { providerMetadata: metadata } : {}),
  };
}

function vectorOf(item: JsonValue): number[] {
  const embedding = isJsonObject(item) ? item['embedding'] : undefined;
  if (isJsonArray(embedding)) return embedding.map(Number);
  throw new AskonceError('store_failed', 'A stored embedding is no list of numbers; delete its entry.');
}

/** What was written as warnings, or as metadata, is that. */
function isWarnings(value: unknown): value is EmbedResult['warnings'] {
  return Array.isArray(value);
}

function isMetadata(value: unknown): value is NonNullable<EmbedResult['providerMetadata']> {
  return typeof value === 'object' && value !== null;
}
