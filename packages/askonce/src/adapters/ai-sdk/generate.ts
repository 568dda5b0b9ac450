/**
 * `doGenerate` behind the cache.
 */
import { inOnePiece } from '../../body/in-one-piece.ts';
import { AskonceError } from '../../errors.ts';
import type { Provider } from '../../flight/provider.ts';
import { isJsonObject, tryParseJson } from '../../json.ts';
import type { AskModel } from './ask.ts';
import { errorOfReply, failureAnswer } from './failure.ts';
import type { HeldValues } from './held.ts';
import { bodyOf, isOwnAnswer, type ModelReply, withMetadata } from './reply.ts';
import type { GenerateResult, LanguageCall } from './types.ts';
import { fromJson, Inexpressible, toJson } from './values.ts';

export async function generated(
  ask: AskModel,
  call: LanguageCall,
  held: HeldValues,
  doGenerate: (call: LanguageCall) => PromiseLike<GenerateResult>,
): Promise<GenerateResult> {
  let own: GenerateResult | undefined;
  const provider: Provider = async (_request, abortSignal) => {
    let result: GenerateResult;
    try {
      result = await doGenerate({ ...call, abortSignal });
    } catch (error) {
      return failureAnswer(error, held);
    }
    own = result;
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: inOnePiece(Buffer.from(writeResult(result, held))),
    };
  };
  const reply = await ask(provider);
  const body = await bodyOf(reply);
  if (reply.status >= 400) throw errorOfReply(reply, body, held);
  return withCacheStatus(isOwnAnswer(reply) && own !== undefined ? own : readResult(body, held), reply);
}

function withCacheStatus(result: GenerateResult, reply: ModelReply): GenerateResult {
  return { ...result, providerMetadata: withMetadata(result.providerMetadata, reply) };
}

/**
 * What is stored of a result: all of it but what was sent (`request`), and the HTTP response as it was (`response.headers`,
 * `response.body`).
 */
function writeResult({ request: _request, response, ...result }: GenerateResult, held: HeldValues): string {
  try {
    const { headers: _headers, body: _body, ...metadata } = response ?? {};
    return JSON.stringify(toJson(response === undefined ? result : { ...result, response: metadata }));
  } catch (error) {
    if (!(error instanceof Inexpressible)) throw error;
    return JSON.stringify({
      content: [],
      finishReason: {},
      usage: {},
      $askonce: 'held',
      name: held.hold(result),
    });
  }
}

function readResult(body: Uint8Array, held: HeldValues): GenerateResult {
  const json = tryParseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  const name = isJsonObject(json) && json['$askonce'] === 'held' ? json['name'] : undefined;
  const result =
    typeof name === 'string' ? held.find(name)?.value : json === undefined ? undefined : fromJson(json);
  if (isResult(result)) return result;
  throw new AskonceError(
    'provider_broke_off',
    'Another process got an answer that cannot be shared; ask again.',
  );
}

/** What `writeResult` wrote is a result. */
function isResult(value: unknown): value is GenerateResult {
  return typeof value === 'object' && value !== null && 'content' in value && 'finishReason' in value;
}
