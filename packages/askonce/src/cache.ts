/**
 * The cache: the way of a request, from top to bottom.
 */
import { randomBytes } from 'node:crypto';
import { type Ask, type House, named, unlessAborted } from './asking/ask.ts';
import { bypass } from './asking/bypass.ts';
import { coverTags } from './asking/cover-tags.ts';
import { CoveredTags } from './asking/covered-tags.ts';
import { type Explanation, explain } from './asking/explain.ts';
import { gathered, isGathered } from './asking/gathered.ts';
import { generate } from './asking/generate.ts';
import { beginGeneration } from './asking/generation.ts';
import { askInParts } from './asking/in-parts.ts';
import { keep } from './asking/keep.ts';
import { KnownErrors } from './asking/known-errors.ts';
import { LatelyAnswered } from './asking/lately-answered.ts';
import { readUp } from './asking/log-reading.ts';
import { type Hit, isStanding, lookUp, type Miss } from './asking/lookup.ts';
import { rememberedError } from './asking/negative.ts';
import { refreshBehind } from './asking/refresh.ts';
import { Refreshes } from './asking/refreshes.ts';
import { isRepeat, noteAnswered } from './asking/repeat.ts';
import { newRequestId } from './asking/reply-headers.ts';
import { served } from './asking/served.ts';
import { shareFlags } from './asking/shared-flags.ts';
import { orStandIn } from './asking/standing-in.ts';
import { entryIn, storeCall, trouble } from './asking/store-call.ts';
import { erase, invalidate, tellEvent } from './asking/taking-back.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Entry } from './entry/entry.ts';
import { newRecordingId, type Recording } from './entry/recording.ts';
import { AskonceError } from './errors.ts';
import { acceptance } from './flight/acceptance.ts';
import { BatchWindow } from './flight/batch-window.ts';
import { Broadcasts } from './flight/broadcasts.ts';
import { isSuccess } from './flight/flight.ts';
import { Flights } from './flight/flights.ts';
import type { Fallback, Provider } from './flight/provider.ts';
import { type Identified, type Identity, identifier } from './identity/identify.ts';
import type { CacheRequest } from './identity/request.ts';
import { tagDigester } from './identity/tags.ts';
import type { DomainEvent } from './invalidation/domain-event.ts';
import { openInvalidationLog } from './invalidation/open-log.ts';
import type { SelectorInput } from './invalidation/selector.ts';
import type { BypassReason, Observer } from './observe/events.ts';
import { quietly } from './observe/quietly.ts';
import { protocols } from './protocol/protocols.ts';
import type { Reply } from './reply.ts';
import { type FlagChange, type FlagShares, Flags } from './settings/flags.ts';
import { librarySettings } from './settings/read.ts';
import type { SettingsInput } from './settings/table.ts';
import type { Awaitable, Found, Store, StoreStatistics } from './store/contract.ts';
import { memoryStore } from './store/memory.ts';
import { andThen, isPending } from './store/within.ts';

export interface CacheOptions {
  /** Any part of the settings; what is left out has its default. */
  readonly settings?: SettingsInput | undefined;
  /** Where entries are kept; by default in memory (`memoryCacheSize`). The cache closes it. */
  readonly store?: Store | undefined;
  readonly clock?: Clock | undefined;
  /** Feature flags, where others are to share them (`new Flags(settings)`). */
  readonly flags?: Flags | undefined;
  /** Told of everything that happens. What it throws or rejects with is dropped. */
  readonly observe?: Observer | undefined;
}

export interface AskOptions {
  /** Tells that the caller has left: `ask` rejects, or the reply's body fails, with the signal's reason. The others who wait do not notice. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What to answer with where the provider fails and nothing kept can stand in: a template, say. It is not kept.
   * Undefined, or a rejection: the provider's failure is told as it is.
   */
  readonly fallback?: Fallback | undefined;
}

export interface CacheStatistics {
  readonly store: StoreStatistics;
  /** Generations under way in this process. */
  readonly flights: number;
  /** Whether this process knows of everything that was taken back; while it does not, nothing kept is served. */
  readonly logIsCurrent: boolean;
}

export interface Cache {
  /**
   * Answers a request: from the store, from a flight under way, or from the provider. A live body must be read,
   * left, or aborted by the signal: until then its place is kept.
   * @throws AskonceError with the code that the gateway answers with; the signal's reason where that has aborted.
   */
  ask(request: CacheRequest, provider: Provider, options?: AskOptions): Promise<Reply>;
  /**
   * The entry that is kept for a request, fresh or stale, in whatever form it was recorded. A request that is
   * answered in parts (a batch of embeddings) has none of its own; its parts have.
   */
  get(request: CacheRequest): Promise<Entry | undefined>;
  /** One answer a request, in one round trip. */
  getMany(requests: readonly CacheRequest[]): Promise<readonly (Entry | undefined)[]>;
  /** Keeps an answer that was come by elsewhere, if the write gate lets it pass. True where it was kept. */
  set(request: CacheRequest, recording: Recording): Promise<boolean>;
  setMany(
    answers: readonly { readonly request: CacheRequest; readonly recording: Recording }[],
  ): Promise<readonly boolean[]>;
  /** Removes the entry of a request. True where there was one. */
  delete(request: CacheRequest): Promise<boolean>;
  /**
   * Says how `ask` would take a request: what it is known by, what is kept for it, and why that would be served or
   * not. Asks nobody. @throws AskonceError for a body that `ask` would refuse.
   */
  explain(request: CacheRequest): Promise<Explanation>;
  /**
   * Takes back what a selector means, here and on every machine that shares the store: once this resolves, no lookup
   * or join that begins here is served it, and none elsewhere a second later. Answers with the number of entries.
   * With `dryRun`, only counts.
   * @throws AskonceError `invalid_selector`; `invalidation_failed` where the shared store can't be reached (then what is kept in memory here is cleared).
   */
  invalidate(selector: SelectorInput, options?: { readonly dryRun?: boolean | undefined }): Promise<number>;
  /**
   * Tells of a domain event (`{ type: 'template.changed', template: 'greeting' }`), which takes back what the settings'
   * table (`events`) maps it to. Answers with the number of entries.
   * @throws AskonceError `invalid_event`; `invalidation_failed`.
   */
  tell(event: DomainEvent): Promise<number>;
  /**
   * Removes every entry that this user led, from every tier. Answers with their number once they are gone.
   * @throws AskonceError `invalidation_failed` where it is not known that all are gone.
   */
  erase(user: string): Promise<number>;
  /** The share of questions, in percent, for which each feature flag is on. */
  flags(): FlagShares;
  /**
   * Changes feature flags, on all machines that share the store: on, off, a percentage, or null for the settings' own.
   * @throws AskonceError `invalid_flags`, `store_failed`.
   */
  changeFlags(change: FlagChange): Promise<FlagShares>;
  statistics(): Promise<CacheStatistics>;
  /** Takes no new requests, waits for flights to end (at most `graceMs`, default 30 000), flushes and closes the store. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Makes a cache.
 * @throws AskonceError `invalid_settings`, naming the setting.
 */
export function createCache(options: CacheOptions = {}): Cache {
  const settings = librarySettings(options.settings);
  const clock = options.clock ?? systemClock;
  const observe = safely(options.observe);
  const store = options.store ?? memoryStore({ maxBytes: settings.memoryCacheSize, clock });
  const secret = settings.secret ?? randomBytes(32).toString('hex');
  const flags = options.flags ?? new Flags(settings);
  const log = openInvalidationLog({ store, clock, observe, onLost: () => store.forget?.() });
  const sharedFlags = shareFlags({ flags, store, clock, observe });
  const identify = identifier({ settings, secret, clock, protocols });
  const house: House = {
    settings,
    flags,
    clock,
    store,
    log,
    digestTag: tagDigester(secret),
    observe,
    flights: new Flights(),
    refreshes: new Refreshes(clock),
    broadcasts: new Broadcasts(
      store.following && {
        following: store.following,
        clock,
        interestMs: 3 * settings.progressMs,
        onTrouble: (error) =>
          observe({
            type: 'store-trouble',
            store: store.name,
            operation: 'follow',
            message: error instanceof Error ? error.message : 'unknown error',
          }),
      },
    ),
    errors: new KnownErrors(),
    covered: new CoveredTags(),
    answered: new LatelyAnswered(),
    window: new BatchWindow(settings.batchWindowMs, clock),
    acceptance: acceptance({
      marks: store.marks,
      hours: settings.credentialHours,
      budgetMs: settings.storeBudgetMs,
      clock,
      onTrouble: (error) =>
        observe({
          type: 'store-trouble',
          store: store.name,
          operation: 'marks',
          message: error instanceof Error ? error.message : 'unknown error',
        }),
    }),
  };
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
    if (identified.parts > 1 && parts !== undefined) return askInParts(house, asked, parts, identityOf);

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
      return andThen(coverTags(house, asked, hit), (covered) =>
        covered ? hit : { kind: 'miss', reason: 'store-trouble', landed: [] },
      );
    });
  }

  function barredFromCache(request: CacheRequest): BypassReason | undefined {
    if (flags.isOff('enabled')) return 'disabled';
    return request.directives.noStore ? 'no-store' : undefined;
  }

  function switched(identified: Identified): Identified {
    if ('bypass' in identified || flags.isOn('enabled', identified.key)) return identified;
    return { bypass: 'disabled' };
  }

  function identityOf(request: CacheRequest): Identity | undefined {
    const identified = identify(request);
    return 'bypass' in identified ? undefined : identified;
  }

  async function set(request: CacheRequest, recording: Recording): Promise<boolean> {
    const identity = identityOf(request);
    if (identity === undefined || identity.parts > 1 || barredFromCache(request) !== undefined) return false;
    const recordingId = newRecordingId();
    await readUp(house);
    const kept = await keep(
      house,
      { identity, request, requestId: newRequestId() },
      recording,
      recordingId,
      beginGeneration(house),
    );
    if (kept.stored) house.acceptance.accept(identity.credential, request.upstream);
    return kept.stored;
  }

  async function getMany(requests: readonly CacheRequest[]): Promise<readonly (Entry | undefined)[]> {
    const identities = requests.map(identityOf);
    const keys = identities.flatMap((identity) => (identity === undefined ? [] : [identity.key]));
    const reading = readUp(house);
    const found = await storeCall(house, 'get', () => store.getMany(keys));
    await reading;
    const entries = found === trouble ? [] : found.map(standing);
    const kept = new Map(entries.map((entry) => [entry?.key, entry]));
    return identities.map((identity) => {
      const entry = identity === undefined ? undefined : kept.get(identity.key);
      return entry !== undefined && entry.meta.expires > clock.now() ? entry : undefined;
    });
  }

  function standing(found: Found | undefined): Entry | undefined {
    const entry = entryIn(house, found);
    return entry !== undefined && isStanding(house, entry, found?.added) ? entry : undefined;
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
    log.close();
    await store.close();
  }

  return {
    ask,
    get: async (request) => (await getMany([request]))[0],
    getMany,
    set,
    setMany: (answers) => Promise.all(answers.map(({ request, recording }) => set(request, recording))),
    delete: async (request) => {
      const identity = identityOf(request);
      if (identity === undefined) return false;
      // What other processes hold in their memories is theirs to refuse.
      if (store.log !== undefined) await log.append([{ clauses: [], keys: [identity.key] }]);
      return store.delete(identity.key);
    },
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

/** Whoever listens must not cost anybody an answer. */
function safely(observe: Observer | undefined): Observer {
  if (observe === undefined) return () => {};
  return (event) => quietly(observe, event);
}

function notCached(): AskonceError {
  return new AskonceError('not_cached', 'nothing is kept for this request, and it said only-if-cached');
}
