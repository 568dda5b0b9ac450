/**
 * How a question is asked: of the cache in this process, or of a gateway over HTTP. Both answer in one shape.
 */
import type { WarmRequest } from './request.ts';

/** `look`: a fresh entry or nothing; `ask`: a fresh entry, else the provider's answer. */
export type WarmMode = 'look' | 'ask';

export interface WarmAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Empty if it is larger than any answer that is stored. */
  readonly body: Uint8Array;
}

export interface Asker {
  /** Rejects only if nothing can be asked at all, with an AskonceError. */
  send(request: WarmRequest, mode: WarmMode): Promise<WarmAnswer>;
  /** Why an answer to the request was last not stored, as far as that is known. */
  whyNotStored?(request: WarmRequest): Promise<string | undefined>;
  /** Origin and base path of the provider that answers the request. */
  providerOf(request: WarmRequest): string;
}

/** Larger answers are read to their end, and not held. */
export const maxHeldBytes = 8 * 1024 * 1024;
