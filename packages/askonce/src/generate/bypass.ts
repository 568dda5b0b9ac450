/**
 * Bypassing the cache: the provider's own answer, neither looked up nor recorded nor shared.
 */
import { passThrough } from '../body/pass-through.ts';
import { onAbort, unlessAborted } from '../engine/ask.ts';
import { type Engine, isObserved } from '../engine/engine.ts';
import type { Reply } from '../engine/reply.ts';
import { asProviderError, type Provider } from '../flight/provider.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { BypassReason } from '../observe/events.ts';

export async function bypass(
  engine: Pick<Engine, 'observe'>,
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
    return {
      status: answer.status,
      headers: answer.headers,
      body: passThrough(answer.body, {
        left: () => abort.abort(),
        over: stopListening,
        asError: (thrown) => asProviderError(thrown, 'provider_broke_off'),
      }),
      cacheStatus: { kind: 'forward', reason: 'bypass', detail: reason },
      requestId,
    };
  } catch (error) {
    stopListening();
    if (signal?.aborted) throw error;
    throw asProviderError(error, 'provider_unreachable');
  }
}
