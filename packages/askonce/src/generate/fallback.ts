/**
 * When the provider fails on a miss: a stale answer (RFC 5861, section 4), then the caller's own, stands in.
 */

import { passThrough } from '../body/pass-through.ts';
import { coverTags } from '../engine/added-tags.ts';
import { type Ask, type Engine, named, unlessAborted } from '../engine/ask.ts';
import { type Hit, type Miss, provenanceOf } from '../engine/lookup.ts';
import type { Reply } from '../engine/reply.ts';
import { replyOf } from '../engine/reply.ts';
import { AskonceError } from '../errors.ts';
import { asProviderError, type ProviderFailure } from '../flight/provider.ts';
import { forwardReason } from './generate.ts';

/** The reply that `generate` makes, or what stands in for it where the provider failed. */
export async function orStandIn(
  engine: Engine,
  ask: Ask,
  miss: Miss,
  generate: () => Promise<Reply>,
): Promise<Reply> {
  // A signal is not asked for before there is a failure: it may be dear to make.
  let reply: Reply;
  try {
    reply = await generate();
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined || ask.caller.signal?.aborted) throw error;
    return (await standIn(engine, ask, miss, failure)) ?? Promise.reject(error);
  }
  if (!isFailure(reply.status)) return reply;
  const instead = await standIn(engine, ask, miss, { status: reply.status, code: undefined });
  if (instead === undefined) return reply;
  release(reply);
  return instead;
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

async function standIn(
  engine: Engine,
  ask: Ask,
  { stale, reason }: Miss,
  failure: ProviderFailure,
): Promise<Reply | undefined> {
  if (
    stale !== undefined &&
    mayStandIn(engine, ask, stale) &&
    (await coverTags(engine, ask, stale)) === undefined
  ) {
    engine.observe({ ...named(ask), type: 'stood-in', by: 'stale' });
    return replyOf(engine, ask, stale, 'stale-if-error');
  }
  const own = await fallback(ask, failure);
  if (own === undefined) return undefined;
  engine.observe({ ...named(ask), type: 'stood-in', by: 'fallback' });
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

/** Whether it is not too long stale, by the settings and the request, and has not been taken back meanwhile. */
function mayStandIn({ settings, clock, log }: Engine, { request }: Ask, { entry }: Hit): boolean {
  const forEver = Number.POSITIVE_INFINITY;
  const { staleIfError = forEver } = request.directives;
  const seconds = Math.min(settings.staleIfErrorSeconds ?? forEver, staleIfError);
  const now = clock.now();
  const { staleAfter, expires } = entry.meta;
  if (seconds <= 0 || now >= expires || now - staleAfter > seconds * 1000) return false;
  return log.isCurrent && log.verdict(provenanceOf(entry)) === 'valid';
}

async function fallback({ caller, request }: Ask, failure: ProviderFailure) {
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

/** Nobody reads it. */
function release({ body }: Reply): void {
  if (!(body instanceof Uint8Array))
    body[Symbol.asyncIterator]()
      .return?.()
      ?.catch(() => {});
}
