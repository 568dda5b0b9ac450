/**
 * Bypassing the cache: the provider's own answer, neither looked up nor recorded nor shared.
 */
import { passThrough } from '../body/pass-through.ts';
import { untilEnd } from '../body/until-end.ts';
import { onAbort, unlessAborted } from '../engine/ask.ts';
import { type Engine, isObserved } from '../engine/engine.ts';
import type { Reply } from '../engine/reply.ts';
import { asProviderError, type Provider, type ProviderAnswer } from '../flight/provider.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { BypassReason } from '../observe/events.ts';
import { StreamWatch } from '../protocol/stream-watch.ts';

export async function bypass(
  engine: Pick<Engine, 'observe' | 'protocols' | 'clock'>,
  request: CacheRequest,
  provider: Provider,
  reason: BypassReason,
  requestId: string,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  if (isObserved(engine, 'bypass')) {
    const { protocol, upstream, body } = request;
    engine.observe({
      requestId,
      protocol,
      provider: upstream,
      subject: '',
      requestBytes: Buffer.byteLength(body),
      type: 'bypass',
      reason,
    });
  }
  const abort = new AbortController();
  const stopListening = onAbort(signal, () => abort.abort(signal?.reason));
  try {
    const answer = await unlessAborted(provider(request, abort.signal), signal);
    const leave = () => abort.abort(new Error('the answer has ended, and its connection has not'));
    const watch = watchOf(engine, request, answer);
    const pieces = watch === undefined ? answer.body : untilEnd(answer.body, watch, engine.clock, leave);
    return {
      status: answer.status,
      headers: answer.headers,
      body: passThrough(pieces, {
        left: () => abort.abort(),
        over: stopListening,
        asError: (thrown) => asProviderError(thrown, 'provider_broke_off'),
      }),
      cacheStatus: { kind: 'forward', reason: 'bypass', detail: reason },
      sent: watch && (() => watch.sent()),
      requestId,
    };
  } catch (error) {
    stopListening();
    if (signal?.aborted) throw error;
    throw asProviderError(error, 'provider_unreachable');
  }
}

/** Watches an answer that is a stream in its protocol's own framing; another one that the request asked for is not known here. */
function watchOf(
  { protocols }: Pick<Engine, 'protocols'>,
  request: CacheRequest,
  answer: ProviderAnswer,
): StreamWatch | undefined {
  const protocol = protocols.get(request.protocol);
  return protocol?.framing.isStream(answer, undefined)
    ? new StreamWatch(protocol.framing, protocol)
    : undefined;
}
