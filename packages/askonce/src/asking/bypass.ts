/**
 * Past the cache: the provider's own answer, neither looked up nor recorded nor shared.
 */
import { passThrough } from '../flight/pass-through.ts';
import type { Provider } from '../flight/provider.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { BypassReason } from '../observe/events.ts';
import type { Reply } from '../reply.ts';
import type { House } from './ask.ts';

export async function bypass(
  { observe }: House,
  request: CacheRequest,
  provider: Provider,
  reason: BypassReason,
  requestId: string,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  observe({ requestId, protocol: request.protocol, subject: '', type: 'bypass', reason });
  const abort = new AbortController();
  const leave = () => abort.abort();
  signal?.addEventListener('abort', leave, { once: true });
  const answer = await provider(request, abort.signal);
  return {
    status: answer.status,
    headers: answer.headers,
    body: passThrough(answer.body, leave),
    told: { kind: 'forward', reason: 'bypass', detail: reason },
    requestId,
  };
}
