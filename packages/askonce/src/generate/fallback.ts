/**
 * Fallbacks: when the provider fails on a miss, a stale entry is served (RFC 5861, section 4), else the caller's own answer.
 */
import { passThrough } from '../body/pass-through.ts';
import { unlessAborted } from '../clock.ts';
import type { AddedTags } from '../engine/added-tags.ts';
import { type Ask, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { replyOf } from '../engine/hit-reply.ts';
import { forwardReason } from '../engine/miss-status.ts';
import type { Hit, Miss } from '../engine/outcome.ts';
import type { Reply } from '../engine/reply.ts';
import { AskonceError } from '../errors.ts';
import { asProviderError, type ProviderAnswer, type ProviderFailure } from '../flight/provider.ts';
import { provenanceOf } from '../invalidation/log.ts';
import type { Answer } from './closing.ts';

/** Makes the function that answers with what `generate` replies, or with a fallback if the provider failed. */
export function fallbacks(engine: Engine, tags: AddedTags) {
  const { settings, clock, log } = engine;

  async function fallback(
    ask: Ask,
    { stale, reason }: Miss,
    failure: ProviderFailure,
  ): Promise<Reply | undefined> {
    if (stale !== undefined && isServable(ask, stale) && (await tags.cover(ask, stale)) === undefined) {
      report(engine, ask, { type: 'fallback', by: 'stale' });
      return replyOf(engine, ask, stale, 'stale-if-error');
    }
    const own = await callersFallback(ask, failure);
    if (own === undefined) return undefined;
    report(engine, ask, { type: 'fallback', by: 'fallback' });
    return {
      status: own.status,
      headers: own.headers,
      body: passThrough(own.body, {
        left() {},
        over() {},
        asError: (thrown) => asProviderError(thrown, 'provider_broke_off'),
      }),
      cacheStatus: { kind: 'forward', reason: forwardReason(reason), detail: 'fallback' },
      key: ask.identity.key,
      requestId: ask.requestId,
    };
  }

  /** Whether it is not too long stale, by the settings and the request, and has not been invalidated meanwhile. */
  function isServable({ request, identity }: Ask, { entry, recording, semantic }: Hit): boolean {
    const { staleIfError = Number.POSITIVE_INFINITY } = request.directives;
    const use = identity.protocol.answers?.staleUse(recording.headers, request.directives);
    const allowed = use?.ifError ?? settings.staleIfErrorSeconds ?? Number.POSITIVE_INFINITY;
    const seconds = Math.min(allowed, staleIfError);
    const now = clock.now();
    const { staleAfter, expires } = entry.meta;
    if (seconds <= 0 || now >= expires || now - staleAfter > seconds * 1000) return false;
    if (semantic?.isServable() === false) return false;
    return log.isCurrent && log.verdict(provenanceOf(entry)) === 'valid';
  }

  async function instead(ask: Ask, miss: Miss, failure: ProviderFailure): Promise<Answer | undefined> {
    const reply = await fallback(ask, miss, failure);
    // It counts as ended when it begins: its body need not be read.
    return reply && { reply, ending: () => ({ by: 'fallback', status: reply.status }) };
  }

  return async <Generated extends { readonly reply: Reply }>(
    ask: Ask,
    miss: Miss,
    generate: () => Promise<Generated>,
  ): Promise<Generated | Answer> => {
    // The signal is not read before there is a failure: making one may be expensive.
    let generated: Generated;
    try {
      generated = await generate();
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined || ask.caller.signal?.aborted) throw error;
      return (await instead(ask, miss, failure)) ?? Promise.reject(error);
    }
    const { reply } = generated;
    if (!isFailure(reply.status)) return generated;
    const other = await instead(ask, miss, { status: reply.status, code: undefined });
    if (other === undefined) return generated;
    discard(reply);
    return other;
  };
}

/** What the provider could not be asked for, or broke off; anything else is not its failure. */
function failureOf(error: unknown): ProviderFailure | undefined {
  if (!AskonceError.isInstance(error) || !error.code.startsWith('provider_')) return undefined;
  return { status: undefined, code: error.code };
}

/** Failures that say nothing about the request: too many, too late, or the provider's own (RFC 5861, section 4). */
function isFailure(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

async function callersFallback(
  { caller, request }: Ask,
  failure: ProviderFailure,
): Promise<ProviderAnswer | undefined> {
  if (caller.fallback === undefined) return undefined;
  const make = async () => await caller.fallback?.(request, failure);
  const { signal } = caller;
  try {
    return await unlessAborted(make(), signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    // A fallback that fails is none: the provider's failure says more.
    return undefined;
  }
}

/** Ends a body that will not be read. */
function discard({ body }: Reply): void {
  if (body instanceof Uint8Array) return;
  body[Symbol.asyncIterator]()
    .return?.()
    ?.catch(() => {});
}
