import type { Provider } from './flight/provider.ts';
import type { CacheRequest } from './identity/request.ts';
import type { Reply } from './reply.ts';

/** Answers requests from what was answered before, and otherwise asks once. */
export interface Cache {
  /**
   * Answers a request: from the store, from a flight under way, or from the provider.
   * `signal` tells that the caller has left; the others who wait do not notice.
   * @throws AskonceError with the code that the gateway answers with.
   */
  ask(
    request: CacheRequest,
    provider: Provider,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Reply>;
  /** Takes no new requests, waits for flights to end (at most `graceMs`), flushes and closes the store. */
  close(graceMs?: number): Promise<void>;
}
