/**
 * The cache: the path of a request, from top to bottom.
 */
import { impreciseProviders } from './batch/imprecise.ts';
import { inParts } from './batch/in-parts.ts';
import { batchWindow } from './batch/window.ts';
import { checkedOptions } from './cache-options.ts';
import { type Awaitable, andThen, isPending } from './clock.ts';
import type { AskOptions, Cache, CacheOptions } from './contract.ts';
import { firstLooks } from './distributed/first-look.ts';
import { distributed } from './distributed/share.ts';
import { accountOf } from './engine/account.ts';
import { addedTags } from './engine/added-tags.ts';
import { type Ask, endingLook, type FirstLook, lookupTimes, report, watched } from './engine/ask.ts';
import { openEngine } from './engine/engine.ts';
import { exactStage } from './engine/exact-stage.ts';
import { replyToHit } from './engine/hit-reply.ts';
import { exactLookup } from './engine/lookup.ts';
import {
  type Hit,
  lookThrough,
  type Miss,
  missOf,
  type Negative,
  notCached,
  type Outcome,
  type Stage,
} from './engine/outcome.ts';
import type { Reply } from './engine/reply.ts';
import { StoreBudget } from './engine/store-budget.ts';
import { asking } from './engine/tracing.ts';
import { isSuccess } from './entry/entry.ts';
import { AskonceError } from './errors.ts';
import type { Flight } from './flight/flight.ts';
import type { Provider } from './flight/provider.ts';
import { bypassing } from './generate/bypass.ts';
import { closed, closedUnanswered } from './generate/closing.ts';
import { fallbacks } from './generate/fallback.ts';
import { generating } from './generate/generate.ts';
import { leading } from './generate/lead.ts';
import { forAnotherAnswer, repeats } from './generate/repeat.ts';
import type { Identified, Identity } from './identity/identify.ts';
import type { CacheRequest } from './identity/request.ts';
import { declaredEvents } from './invalidation/declared-events.ts';
import { maintaining } from './maintenance/maintenance.ts';
import { negativeCache } from './negative/negative.ts';
import type { BypassReason } from './observe/causes.ts';
import { closing } from './operations/close.ts';
import { entryOperations } from './operations/entries.ts';
import { explaining } from './operations/explain.ts';
import { sharedFlags } from './operations/flags.ts';
import { invalidating } from './operations/invalidate.ts';
import { statisticsOf } from './operations/statistics.ts';
import { subscribing } from './operations/subscribe.ts';
import { asWarming, notWarmable } from './operations/warming.ts';
import { refreshing } from './refresh/refresh.ts';
import { semanticCounts } from './semantic/counts.ts';
import { semanticTier } from './semantic/lazy-tier.ts';
import { refuseClearVectors } from './semantic/options.ts';

/**
 * Makes a cache.
 * @throws AskonceError `invalid_settings`, naming the setting or option.
 */
export function createCache(options: CacheOptions = {}): Cache {
  const { ledger, ...checked } = checkedOptions(options);
  const counts = semanticCounts();
  const { engine, identify, credentialOf, withinWall, keysFor } = openEngine({
    ...checked,
    observe: [
      ...(checked.tracing ? [checked.tracing.observe] : []),
      ...(checked.semantic ? [counts.observe] : []),
      ...(ledger ? [ledger.observe] : []),
      ...[checked.observe ?? []].flat(),
    ],
  });
  if (ledger !== undefined) {
    engine.hooks.onStored((entry) => ledger.stored(entry));
    ledger.reportTo?.(engine.observe);
  }
  const { clock, flags, flights, settings } = engine;
  refuseClearVectors(settings, checked.semantic);
  const lookup = exactLookup(engine);
  const tags = addedTags(engine);
  const repeat = repeats(engine);
  const negative = negativeCache(engine);
  const others = distributed(engine, lookup, tags);
  const lead = leading(engine, others, negative, identityOf);
  const generate = generating({ engine, tags, lead });
  const orFallback = fallbacks(engine, tags);
  const refresh = refreshing({ engine, lead, distributed: others, negative });
  const bypass = bypassing(engine, credentialOf);
  const imprecise = impreciseProviders(clock);
  const window = batchWindow(engine, imprecise);
  const answerInParts = inParts({
    engine,
    lookup,
    tags,
    negative,
    imprecise,
    identify: identityOf,
    generate,
    bypass,
  });
  const semantic = semanticTier({
    ...{ engine, options: checked.semantic, lookup, counts, served, credentialOf, keysFor },
  });
  const entries = entryOperations({ engine, identify: identityOf, barred, vectorOf: semantic.vectorOf });
  const subscribe = subscribing({ engine, lookup, withinWall });
  const explain = explaining(engine, lookup, semantic);
  const events = declaredEvents();
  const invalidations = invalidating(engine, events, {
    eraseRows: ledger && ((user) => ledger.erase(user)),
    eraseDerived: checked.semantic?.index?.erase,
  });
  const maintenance = maintaining(engine);
  const runtimeFlags = sharedFlags(engine);
  const shutDown = closing(engine, {
    ...{ refresh, maintenance, distributed: others, semantic, flags: runtimeFlags, ledger },
  });
  let ending: Promise<void> | undefined;

  /** A hit, unless it must not be served to this request after all. */
  function served(ask: Ask, hit: Hit): Awaitable<Hit | Miss> {
    if (!hit.fresh && ask.request.directives.warm !== undefined) return missOf('stale');
    return andThen(repeat.isRepeat(ask), (isRepeat): Awaitable<Hit | Miss> => {
      if (isRepeat) return missOf('repeat');
      return andThen(tags.cover(ask, hit), (reason) => (reason === undefined ? hit : missOf(reason)));
    });
  }

  const exact = exactStage(engine, lookup, served);
  const stages: readonly Stage[] = [exact, negative.stage, ...semantic.stages];
  // Where the semantic stage stands between the entry and the lease, the lease is taken later.
  const beginLook = firstLooks(engine, negative);

  /** As {@link Cache.ask}, but answers at once what memory holds: most hits need no promise but the last. */
  function begin(
    given: CacheRequest,
    provider: Provider,
    requestId: string,
    options: AskOptions = {},
  ): Awaitable<Reply> {
    if (ending !== undefined) throw closedError();
    const started = clock.monotonic();
    const request = given.directives.warm === undefined ? given : asWarming(given);
    const { directives } = request;

    const identity = identifyUnlessBarred(request, options.bypass);
    if ('bypass' in identity) {
      if (directives.warm !== undefined) throw notWarmable(identity.bypass);
      const passage = { request, provider, requestId, signal: options.signal };
      bypass.report(passage, identity.bypass);
      if (directives.onlyIfCached) throw notCached();
      options.signal?.throwIfAborted();
      return bypass.answer(passage, identity.bypass);
    }

    const cause = directives.warm === undefined ? 'leader' : 'warm';
    const batched = window.collects(identity) ? { request, identity, requestId, provider } : undefined;
    const asked: Ask = {
      request,
      identity,
      provider: batched === undefined ? provider : window.provider({ ...batched, cause }),
      refreshProvider:
        batched === undefined
          ? (options.refreshProvider ?? provider)
          : window.provider({ ...batched, cause: 'refresh' }),
      caller: options,
      requestId,
      firstLook:
        beginLook &&
        (directives.warm === 'look' || semantic.takes({ identity, request })
          ? undefined
          : beginLook({ identity, request })),
      budget: new StoreBudget(clock, settings.storeBudgetMs),
      started,
      identified: clock.monotonic(),
      flightsBefore: flights.started,
      landed: noFlights,
      failsFor: accountOf({ identity, request }),
      cause,
      isPart: false,
      isBatched: batched !== undefined,
    };
    const { parts } = identity.protocol;
    if (identity.parts > 1 && parts !== undefined && !imprecise.includes(asked))
      return answerInParts(asked, parts, provider);

    return asked.firstLook === undefined ? answer(asked) : answerByLook(asked, asked.firstLook);
  }

  /** Apart, since a closure in `begin` would cost each hit the memory of all that it captures. */
  const answerByLook = (asked: Ask, look: FirstLook) => endingLook(look, () => answer(asked));

  /** Answers a request of one part. */
  function answer(asked: Ask): Awaitable<Reply> {
    const looked = lookThrough(stages, asked);
    if (isPending(looked)) return answerLater(asked, looked);
    return looked.kind === 'hit' ? hitReply(asked, looked) : answerWithout(asked, looked, noFlights);
  }

  async function answerLater(asked: Ask, looked: Promise<Outcome>): Promise<Reply> {
    const { outcome, landed } = await watched(engine, asked, looked).catch((error: unknown) => {
      closedUnanswered(engine, asked);
      throw error;
    });
    return outcome.kind === 'hit' ? hitReply(asked, outcome) : answerWithout(asked, outcome, landed);
  }

  function hitReply(asked: Ask, hit: Hit): Reply {
    if (!hit.fresh && !asked.request.directives.onlyIfCached) refresh.start(asked, hit);
    repeat.noteAnswered(asked);
    return replyToHit(engine, asked, hit);
  }

  /** Answers a request for which there is no hit. */
  async function answerWithout(
    asked: Ask,
    outcome: Negative | Miss,
    landed: readonly Flight[],
  ): Promise<Reply> {
    const { directives } = asked.request;
    if (outcome.kind === 'negative')
      return (await orFallback(asked, outcome.missed, async () => outcome)).reply;
    report(engine, asked, { type: 'miss', reason: outcome.reason, ...lookupTimes(engine, asked) });
    const reply = await closed(engine, asked, async () => {
      if (directives.onlyIfCached) throw notCached();
      asked.caller.signal?.throwIfAborted();
      const { vector, reason, stored = outcome.stale?.recording } = outcome;
      const cause = reason === 'audit' ? 'audit' : asked.cause;
      const missed: Ask = {
        ...(reason === 'repeat' ? forAnotherAnswer(asked) : asked),
        ...{ landed, vector, cause, stored },
      };
      return await orFallback(missed, outcome, () => generate(missed, outcome));
    });
    if (isSuccess(reply)) repeat.noteAnswered(asked);
    return reply;
  }

  /** Why directives or flags make a request bypass the cache. */
  function barred({ directives }: CacheRequest): BypassReason | undefined {
    if (flags.isOff('enabled')) return 'disabled';
    return directives.noStore ? 'no-store' : undefined;
  }

  function identifyUnlessBarred(request: CacheRequest, asked: BypassReason | undefined): Identified {
    const reason = barred(request) ?? asked;
    if (reason !== undefined) return { bypass: reason };
    const identified = identify(request);
    if ('bypass' in identified || flags.isOn('enabled', identified.key)) return identified;
    return { bypass: 'disabled' };
  }

  function identityOf(request: CacheRequest): Identity | undefined {
    const identified = identify(request);
    return 'bypass' in identified ? undefined : identified;
  }

  return {
    ask: asking(begin, checked.tracing),
    ...entries,
    get: async (request) => (await entries.getMany([request]))[0],
    set: async (request, recording) => (await entries.setMany([{ request, recording }]))[0] ?? false,
    explain: async (request) => {
      const reason = barred(request);
      return explain(request, reason === undefined ? identify(request) : { bypass: reason });
    },
    subscribe: async (key, subscriber) => {
      if (ending !== undefined) throw closedError();
      return await subscribe(key, subscriber);
    },
    invalidate: (selector, { dryRun = false } = {}) => invalidations.invalidate(selector, dryRun),
    emit: (event) => invalidations.handleEvent(event),
    declareEvents: (types) => events.declare(types),
    async erase(user) {
      const { byIndex, ledger, thorough } = await invalidations.erase(user);
      const [more] = await Promise.all([thorough, ledger]);
      return byIndex + more;
    },
    beginErasure: (user) => invalidations.erase(user),
    flags: () => flags.shares,
    changeFlags: (change) => runtimeFlags.change(change),
    feedback: (feedback) => semantic.feedback(feedback),
    semantic: () => semantic.report(),
    ...maintenance.calls,
    statistics: statisticsOf(engine, semantic),
    close(graceMs = 30_000) {
      ending ??= shutDown(graceMs);
      return ending;
    },
  };
}

function closedError(): AskonceError {
  return new AskonceError('closed', 'The cache has been closed; create another one.');
}

const noFlights: readonly Flight[] = [];
