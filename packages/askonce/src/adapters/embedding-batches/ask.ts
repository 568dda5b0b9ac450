/**
 * Embeddings behind the cache, text by text: each text is looked up, asked and stored on its own, and the texts that no
 * entry has are asked in one call.
 */
import { inOnePiece } from '../../body/in-one-piece.ts';
import type { Cache } from '../../contract.ts';
import type { CacheStatus } from '../../engine/reply.ts';
import { AskonceError } from '../../errors.ts';
import type { Provider } from '../../flight/provider.ts';
import type { CacheRequest, CallerContext, Directives } from '../../identity/request.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import { provideProtocol } from '../../protocol/adapter-protocols.ts';
import { embeddingFunction } from '../../protocol/embedding-function.ts';
import { valueIn } from '../values/answers.ts';
import { carriedBy, carrying } from '../values/thrown.ts';
import { answerOf, type Embedded, textsIn, vectorsIn } from './bodies.ts';

export interface EmbeddingQuestion {
  /** Separates the vectors of one model, as it is set up here, from all others: provider, base URL. 1 to 256 characters. */
  readonly name: string;
  /** The model, as the price list has it. */
  readonly model: string;
  /** What else counts: dimensions, whether the texts are queries or documents, options of the provider. */
  readonly options?: JsonObject | undefined;
  readonly texts: readonly string[];
  readonly context?: CallerContext | undefined;
  readonly directives?: Directives | undefined;
  /** Aborted when this caller leaves; other callers that wait do not notice. */
  readonly signal?: AbortSignal | undefined;
}

export type EmbedTexts = (texts: readonly string[], signal: AbortSignal) => Promise<Embedded>;

export interface EmbeddingReply {
  /** One vector for each text, in their order. */
  readonly vectors: number[][];
  /** Tokens that the vectors took when they were made; undefined if that is not known. */
  readonly tokens: number | undefined;
  /** Of the last call, where there are so many texts that several are made. */
  readonly cacheStatus: CacheStatus;
}

/** Texts that are asked together; a longer list is asked in several calls, one after another. */
const maxTexts = 2048;

/**
 * Returns the vectors of texts. `embed` is called once for all texts that neither an entry nor a call in progress has,
 * each of them once.
 * @throws what `embed` throws, unchanged; a caller that waits for a text of another's list has it asked again.
 * AskonceError `provider_broke_off` if `embed` does not return a list of numbers for each text, `invalid_request` for a
 * context beyond its limits; the signal's reason if that has aborted.
 */
export async function askEmbeddings(
  cache: Cache,
  question: EmbeddingQuestion,
  embed: EmbedTexts,
): Promise<EmbeddingReply> {
  provideProtocol(embeddingFunction);
  const { texts } = question;
  const vectors: number[][] = [];
  let tokens: number | undefined = 0;
  let cacheStatus: CacheStatus = { kind: 'hit', ttl: 0, detail: '0/0' };
  for (let from = 0; from < texts.length; from += maxTexts) {
    const reply = await askSome(cache, { ...question, texts: texts.slice(from, from + maxTexts) }, embed);
    vectors.push(...reply.vectors);
    tokens = tokens === undefined || reply.tokens === undefined ? undefined : tokens + reply.tokens;
    cacheStatus = reply.cacheStatus;
  }
  return { vectors, tokens, cacheStatus };
}

async function askSome(
  cache: Cache,
  question: EmbeddingQuestion,
  embed: EmbedTexts,
): Promise<EmbeddingReply> {
  const { name, model, options, texts, context = {}, directives = {}, signal } = question;
  const request: CacheRequest = {
    protocol: 'embedding-function',
    upstream: 'function:',
    route: `/${encodeURIComponent(name)}`,
    query: '',
    headers: {},
    body: JSON.stringify({ model, input: texts, options }),
    context,
    directives,
  };
  try {
    const reply = await cache.ask(request, providerOf(embed, question), { signal });
    return { ...vectorsIn(await valueIn<JsonValue>(reply)), cacheStatus: reply.cacheStatus };
  } catch (error) {
    throw carriedBy(error);
  }
}

/** Calls the embedder for the texts of the request, which may be some of the caller's, or those of other callers as well. */
function providerOf(embed: EmbedTexts, { name, model }: EmbeddingQuestion): Provider {
  return async (request, signal) => {
    const texts = textsIn(request.body);
    const embedded = await embed(texts, signal).catch((error: unknown) => {
      throw carrying(error, name, 'provider_unreachable');
    });
    const { vectors } = embedded;
    if (vectors.length !== texts.length || !vectors.every(isList))
      throw new AskonceError(
        'provider_broke_off',
        `The embedder returned ${vectors.length} vectors for ${texts.length} texts; it must return a list of numbers for each.`,
      );
    const body = answerOf(embedded, model);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: inOnePiece(body) };
  };
}

/** JavaScript callers can return anything: text in base64, say. */
function isList(vector: unknown): boolean {
  return Array.isArray(vector) || ArrayBuffer.isView(vector);
}
