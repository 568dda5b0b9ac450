/**
 * The cache: the way of a request, from top to bottom.
 */

import { askInParts } from './batch/in-parts.ts';
import { gathered, isGathered } from './batch/window.ts';
import { type Awaitable, andThen, isPending } from './clock.ts';
import type { AskOptions, Cache, CacheOptions } from './contract.ts';
import { coverTags } from './engine/added-tags.ts';
import { type Ask, named, unlessAborted } from './engine/ask.ts';
import { openEngine } from './engine/engine.ts';
import { type Hit, lookUp, type Miss } from './engine/lookup.ts';
import { newRequestId, type Reply, served } from './engine/reply.ts';
import { AskonceError } from './errors.ts';
import { isSuccess } from './flight/flight.ts';
import type { Provider } from './flight/provider.ts';
import { bypass } from './generate/bypass.ts';
import { orStandIn } from './generate/fallback.ts';
import { generate } from './generate/generate.ts';
import { isRepeat, noteAnswered } from './generate/repeat.ts';
import type { Identified } from './identity/identify.ts';
import type { CacheRequest } from './identity/request.ts';
import { rememberedError } from './negative/negative.ts';
import type { BypassReason } from './observe/events.ts';
import { byHand } from './operations/entries.ts';
import { explain } from './operations/explain.ts';
import { erase, invalidate, tellEvent } from './operations/invalidate.ts';
import { refreshBehind } from './refresh/refresh.ts';

/**
 * Makes a cache.
 * @throws AskonceError `invalid_settings`, naming the setting.
 */
export function createCache(options: CacheOptions = {}): Cache {
  const { engine, identify, sharedFlags } = openEngine(options);
  const { clock, flags, log, observe, store } = engine;
  const hand = byHand(engine, identify, barredFromCache);
  let closing: Promise<void> | undefined;

  async function ask(request: CacheRequest, provider: Provider, options: AskOptions = {}): Promise<Reply> {
    if (closing !== undefined) throw new AskonceError('closed', 'the cache has been closed');
    const requestId = newRequestId();
    const started = clock.monotonic();
    const { directives } = request;

    const barred = barredFromCache(request);
    const identified = barred === undefined ? switched(identify(request)) : { bypass: barred };
    if ('bypass' in identified) {
      if (directives.onlyIfCached) throw notCached();
      options.signal?.throwIfAborted();
      return bypass(engine, request, provider, identified.bypass, requestId, options.signal);
    }

    const together = isGathered(engine, identified);
    const asked: Ask = {
      request,
      identity: identified,
      provider: together
        ? gathered(engine, { request, identity: identified, requestId, provider })
        : provider,
      caller: options,
      requestId,
      started,
      flightsBefore: engine.flights.started,
      failsFor: identified.credential,
      isPart: false,
      isGathered: together,
    };
    const { parts } = identified.protocol;
    if (identified.parts > 1 && parts !== undefined) return askInParts(engine, asked, parts, hand.identityOf);

    const lookedUp = lookUp(engine, identified, request.upstream, directives);
    const found = isPending(lookedUp) ? await unlessAborted(lookedUp, options.signal) : lookedUp;
    const answer = found.kind === 'hit' ? taken(asked, found) : found;
    const decided = isPending(answer) ? await unlessAborted(answer, options.signal) : answer;
    if (decided.kind === 'hit') {
      if (!decided.fresh && !directives.onlyIfCached) refreshBehind(engine, asked, decided);
      noteAnswered(engine, asked);
      return served(engine, asked, decided);
    }
    const asking = decided.reason === 'repeat' ? anew(asked) : asked;
    const remembering = rememberedError(engine, asking, decided);
    const { reply: error, landed } = isPending(remembering)
      ? await unlessAborted(remembering, options.signal)
      : remembering;
    if (error !== undefined) return orStandIn(engine, asking, decided, async () => error);
    const miss = { ...decided, landed };
    observe({
      ...named(asked),
      type: 'miss',
      reason: decided.reason,
      durationMs: clock.monotonic() - started,
    });
    if (directives.onlyIfCached) throw notCached();
    options.signal?.throwIfAborted();
    const reply = await orStandIn(engine, asking, miss, () => generate(engine, asking, miss));
    if (isSuccess(reply)) noteAnswered(engine, asked);
    return reply;
  }

  /** The same, to be answered by a call that begins now. */
  function anew(asked: Ask): Ask {
    const { request } = asked;
    return { ...asked, request: { ...request, directives: { ...request.directives, noCache: true } } };
  }

  /** A hit, unless it must not be served to this request after all. */
  function taken(asked: Ask, hit: Hit): Awaitable<Hit | Miss> {
    return andThen(isRepeat(engine, asked), (again) => {
      if (again) return { kind: 'miss', reason: 'repeat', landed: [] };
      return andThen(coverTags(engine, asked, hit), (reason) =>
        reason === undefined ? hit : { kind: 'miss', reason, landed: [] },
      );
    });
  }

  function barredFromCache({ directives }: CacheRequest): BypassReason | undefined {
    if (flags.isOff('enabled')) return 'disabled';
    return directives.noStore ? 'no-store' : undefined;
  }

  function switched(identified: Identified): Identified {
    if ('bypass' in identified || flags.isOn('enabled', identified.key)) return identified;
    return { bypass: 'disabled' };
  }

  function close(graceMs = 30_000): Promise<void> {
    closing ??= shutDown(graceMs);
    return closing;
  }

  async function shutDown(graceMs: number): Promise<void> {
    let stopWaiting = () => {};
    const grace = new Promise<void>((resolve) => {
      stopWaiting = clock.schedule(resolve, graceMs);
    });
    const refreshed = engine.refreshes.close();
    await Promise.race([engine.flights.settle(), grace]);
    stopWaiting();
    engine.flights.cancelAll(new AskonceError('shutting_down', 'the process is shutting down'));
    await engine.flights.settle();
    await refreshed;
    await engine.broadcasts.close();
    sharedFlags.close();
    engine.access.close();
    log.close();
    await store.close();
  }

  return {
    ask,
    get: async (request) => (await hand.getMany([request]))[0],
    getMany: hand.getMany,
    set: async (request, recording) => (await hand.setMany([{ request, recording }]))[0] ?? false,
    setMany: hand.setMany,
    delete: hand.remove,
    explain: async (request) => {
      const barred = barredFromCache(request);
      return explain(engine, request, barred === undefined ? identify(request) : { bypass: barred });
    },
    invalidate: (selector, { dryRun } = {}) => invalidate(engine, selector, { dryRun }),
    tell: (event) => tellEvent(engine, event),
    erase: (user) => erase(engine, user),
    flags: () => flags.shares,
    changeFlags: (change) => sharedFlags.change(change),
    statistics: async () => ({
      store: await store.statistics(),
      flights: engine.flights.size,
      logIsCurrent: log.isCurrent,
    }),
    close,
  };
}

function notCached(): AskonceError {
  return new AskonceError('not_cached', 'nothing is kept for this request, and it said only-if-cached');
}
