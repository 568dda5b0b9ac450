/**
 * The cache: the way of a request, from top to bottom.
 */
import { type Ask, named, unlessAborted } from './asking/ask.ts';
import { byHand } from './asking/by-hand.ts';
import { bypass } from './asking/bypass.ts';
import type { AskOptions, Cache, CacheOptions } from './asking/contract.ts';
import { coverTags } from './asking/cover-tags.ts';
import { explain } from './asking/explain.ts';
import { gathered, isGathered } from './asking/gathered.ts';
import { generate } from './asking/generate.ts';
import { openHouse } from './asking/house.ts';
import { askInParts } from './asking/in-parts.ts';
import { type Hit, lookUp, type Miss } from './asking/lookup.ts';
import { rememberedError } from './asking/negative.ts';
import { refreshBehind } from './asking/refresh.ts';
import { isRepeat, noteAnswered } from './asking/repeat.ts';
import { newRequestId } from './asking/reply-headers.ts';
import { served } from './asking/served.ts';
import { orStandIn } from './asking/standing-in.ts';
import { erase, invalidate, tellEvent } from './asking/taking-back.ts';
import { AskonceError } from './errors.ts';
import { isSuccess } from './flight/flight.ts';
import type { Provider } from './flight/provider.ts';
import type { Identified } from './identity/identify.ts';
import type { CacheRequest } from './identity/request.ts';
import type { BypassReason } from './observe/events.ts';
import type { Reply } from './reply.ts';
import type { Awaitable } from './store/contract.ts';
import { andThen, isPending } from './store/within.ts';

/**
 * Makes a cache.
 * @throws AskonceError `invalid_settings`, naming the setting.
 */
export function createCache(options: CacheOptions = {}): Cache {
  const { house, identify, sharedFlags } = openHouse(options);
  const { clock, flags, log, observe, store } = house;
  const hand = byHand(house, identify, barredFromCache);
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
      return bypass(house, request, provider, identified.bypass, requestId, options.signal);
    }

    const together = isGathered(house, identified);
    const asked: Ask = {
      request,
      identity: identified,
      provider: together ? gathered(house, { request, identity: identified, requestId, provider }) : provider,
      caller: options,
      requestId,
      started,
      flightsBefore: house.flights.started,
      failsFor: identified.credential,
      isPart: false,
      isGathered: together,
    };
    const { parts } = identified.protocol;
    if (identified.parts > 1 && parts !== undefined) return askInParts(house, asked, parts, hand.identityOf);

    const lookedUp = lookUp(house, identified, request.upstream, directives);
    const found = isPending(lookedUp) ? await unlessAborted(lookedUp, options.signal) : lookedUp;
    const answer = found.kind === 'hit' ? taken(asked, found) : found;
    const decided = isPending(answer) ? await unlessAborted(answer, options.signal) : answer;
    if (decided.kind === 'hit') {
      if (!decided.fresh && !directives.onlyIfCached) refreshBehind(house, asked, decided);
      noteAnswered(house, asked);
      return served(house, asked, decided);
    }
    const asking = decided.reason === 'repeat' ? anew(asked) : asked;
    const remembering = rememberedError(house, asking, decided);
    const { reply: error, landed } = isPending(remembering)
      ? await unlessAborted(remembering, options.signal)
      : remembering;
    if (error !== undefined) return orStandIn(house, asking, decided, async () => error);
    const miss = { ...decided, landed };
    observe({
      ...named(asked),
      type: 'miss',
      reason: decided.reason,
      durationMs: clock.monotonic() - started,
    });
    if (directives.onlyIfCached) throw notCached();
    options.signal?.throwIfAborted();
    const reply = await orStandIn(house, asking, miss, () => generate(house, asking, miss));
    if (isSuccess(reply)) noteAnswered(house, asked);
    return reply;
  }

  /** The same, to be answered by a call that begins now. */
  function anew(asked: Ask): Ask {
    const { request } = asked;
    return { ...asked, request: { ...request, directives: { ...request.directives, noCache: true } } };
  }

  /** A hit, unless it must not be served to this request after all. */
  function taken(asked: Ask, hit: Hit): Awaitable<Hit | Miss> {
    return andThen(isRepeat(house, asked), (again) => {
      if (again) return { kind: 'miss', reason: 'repeat', landed: [] };
      return andThen(coverTags(house, asked, hit), (reason) =>
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
    const refreshed = house.refreshes.close();
    await Promise.race([house.flights.settle(), grace]);
    stopWaiting();
    house.flights.cancelAll(new AskonceError('shutting_down', 'the process is shutting down'));
    await house.flights.settle();
    await refreshed;
    await house.broadcasts.close();
    sharedFlags.close();
    house.acceptance.close();
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
      return explain(house, request, barred === undefined ? identify(request) : { bypass: barred });
    },
    invalidate: (selector, { dryRun } = {}) => invalidate(house, selector, { dryRun }),
    tell: (event) => tellEvent(house, event),
    erase: (user) => erase(house, user),
    flags: () => flags.shares,
    changeFlags: (change) => sharedFlags.change(change),
    statistics: async () => ({
      store: await store.statistics(),
      flights: house.flights.size,
      logIsCurrent: log.isCurrent,
    }),
    close,
  };
}

function notCached(): AskonceError {
  return new AskonceError('not_cached', 'nothing is kept for this request, and it said only-if-cached');
}
