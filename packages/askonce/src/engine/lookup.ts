/**
 * The exact lookup: is there an entry under the request's key that may be served, in the form that it wants?
 */
import type { Awaitable } from '../clock.ts';
import { isPending } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';
import { judge } from '../entry/freshness.ts';
import type { Identity } from '../identity/identify.ts';
import type { Directives } from '../identity/request.ts';
import { verdictOf } from '../invalidation/log.ts';
import type { StaleUse } from '../protocol/answer-rules.ts';
import type { Found } from '../store/contract.ts';
import { isAccepted } from './ask.ts';
import type { Engine } from './engine.ts';
import { decideWithLog, needsLog, readLogIfDue } from './log-reading.ts';
import { type Hit, type LookedUp, missOf } from './outcome.ts';
import { convertedTo } from './read-by-protocol.ts';
import type { StoreBudget } from './store-budget.ts';
import { storeCall, trouble } from './store-call.ts';

/** What an entry must fit: a request's identity, though perhaps with the key of another question. */
export type Sought = Pick<Identity, 'key' | 'partition' | 'ceiling' | 'form' | 'protocol' | 'credential'>;

/** What is looked up for: a request's identity, and what it allows. */
interface Wanted {
  readonly identity: Sought;
  readonly upstream: string;
  readonly directives: Directives;
  /** What is left of the request's time; `storeBudgetMs` if it is absent. */
  readonly budget?: StoreBudget | undefined;
}

export interface Lookup {
  /** Looks up one request. Answers at once if the store does. Never rejects: trouble with a store is a miss. */
  one(wanted: Wanted, get?: (key: string) => Awaitable<Found | undefined>): Awaitable<LookedUp>;
  /** Looks up the parts of one request in one round trip a tier; one answer a part, in order. Never rejects. */
  many(wanted: readonly Wanted[]): Promise<readonly LookedUp[]>;
}

/** Deletions of invalidated entries in progress, at most; an entry beyond them waits for another lookup, or its expiry. */
const maxDeletions = 16;

type FoundOrTrouble = Found | undefined | typeof trouble;

export function exactLookup(engine: Engine): Lookup {
  const { store, log, flags, clock, hooks } = engine;
  const deleting = new Set<string>();

  /** What the store has. It is not asked if nothing that it has could be served. */
  function ask<T>(get: () => Awaitable<T>, budget: StoreBudget | undefined): Awaitable<T | typeof trouble> {
    return log.isInTrouble && !log.isTolerable ? trouble : storeCall(engine, 'get', get, budget);
  }

  /** The answer to the request may be stored, for which the position of the log must be known. */
  function notAccepted({ budget }: Wanted): Awaitable<LookedUp> {
    const reading = readLogIfDue(engine, budget);
    return reading === undefined ? missOf('credential') : reading.then(() => missOf('credential'));
  }

  function decide({ identity, directives }: Wanted, found: FoundOrTrouble): LookedUp | typeof needsLog {
    if (found === trouble) return missOf('store-trouble');
    // A generation that begins now must know its position in the log, too.
    if (!log.isCurrent && (found === undefined || !log.isTolerable)) return needsLog;
    if (found === undefined) return missOf('absent');
    try {
      return judged(identity, directives, found);
    } catch {
      const message = 'returned something that is not an entry';
      engine.observe({ type: 'store-trouble', store: store.name, operation: 'get', message });
      return missOf('store-trouble');
    }
  }

  function judged(
    identity: Sought,
    directives: Directives,
    { entry, tier, added }: Found,
  ): LookedUp | typeof needsLog {
    // The key says so already; a store that mixes things up must not be believed.
    if (entry.key !== identity.key || entry.meta.partition !== identity.partition)
      return missOf('store-trouble');
    const logVerdict = verdictOf(log, entry, added);
    if (logVerdict === 'ahead') return needsLog;
    if (logVerdict === 'invalidated') {
      deleteInvalidated(entry.key);
      return missOf('invalidated');
    }
    const verdict = judge(entry.meta, directives, clock.now());
    if (verdict === 'expired') return missOf('expired');
    if (!withinCeiling(entry, identity)) return missOf('ceiling');
    if (verdict === 'forbidden')
      return identity.protocol.answers === undefined
        ? missOf('request')
        : { kind: 'miss', reason: 'request', stored: entry.recording };
    const { answers } = identity.protocol;
    const converted = answers === undefined && entry.recording.form !== identity.form;
    const recording = converted
      ? convertedTo(identity.protocol, entry.recording, identity.form)
      : entry.recording;
    if (recording === undefined) return missOf('form');
    const fresh = verdict === 'fresh';
    const use = fresh ? undefined : answers?.staleUse(recording.headers, directives);
    const hit: Hit = { kind: 'hit', entry, recording, converted, tier, fresh, added };
    if (verdict === 'stale' && use?.isAllowed !== false) return hit;
    if (fresh || (verdict === 'too-stale' && isRevalidated(identity, directives, entry, use))) return hit;
    return { kind: 'miss', reason: 'stale', stale: hit };
  }

  /** Whether a stale entry may be served although the request did not say so: no reader waits for its refresh. */
  function isRevalidated(
    { key }: Sought,
    { maxStale, minFresh }: Directives,
    { meta }: Entry,
    use: StaleUse | undefined,
  ): boolean {
    if (maxStale !== undefined || minFresh !== undefined) return false;
    if (use === undefined) return flags.isOn('staleWhileRevalidate', key);
    // Where answers or routes ask for it by name, the switch, which is for all that do not, has no say.
    return clock.now() - meta.staleAfter < use.whileRevalidate * 1000;
  }

  /** Deletes, after the lookup, what no request will be served any more. */
  function deleteInvalidated(key: string): void {
    if (deleting.size >= maxDeletions || deleting.has(key)) return;
    deleting.add(key);
    void deleteIfInvalid(key).finally(() => deleting.delete(key));
  }

  /** The tier that processes share may have a newer entry than the one that was found. */
  async function deleteIfInvalid(key: string): Promise<void> {
    if (store.getShared !== undefined) {
      const found = await storeCall(engine, 'get', () => store.getShared?.(key));
      if (found === undefined || found === trouble) return;
      try {
        if (verdictOf(log, found.entry, found.added) !== 'invalidated') return;
      } catch {
        return;
      }
    }
    if ((await storeCall(engine, 'delete', () => store.delete(key))) === true)
      hooks.removed([key], 'invalidated');
  }

  async function decided(
    wanted: readonly Wanted[],
    found: readonly FoundOrTrouble[],
    reading: Promise<boolean> | undefined,
  ): Promise<readonly LookedUp[]> {
    let looked: readonly (LookedUp | typeof needsLog)[] = [];
    const decideEach = () => {
      looked = wanted.map((one, index) => decide(one, found[index]));
      return looked.includes(needsLog) ? needsLog : undefined;
    };
    await decideWithLog(engine, reading, decideEach, wanted[0]?.budget);
    return looked.map((one) => (one === needsLog ? missOf('store-trouble') : one));
  }

  /** Looks up one request whose entry, credential or position in the log is still to be read. */
  async function later(
    wanted: Wanted,
    found: Awaitable<FoundOrTrouble>,
    accepted: Awaitable<boolean>,
  ): Promise<LookedUp> {
    const reading = readLogIfDue(engine, wanted.budget);
    if (!(await accepted)) {
      await reading;
      return missOf('credential');
    }
    const [looked] = await decided([wanted], [await found], reading);
    return looked ?? missOf('absent');
  }

  return {
    one(wanted, get = (key) => store.get(key)) {
      const { identity, upstream, budget } = wanted;
      const accepted = isAccepted(engine, identity, upstream, budget);
      // A caller that may not be served must not learn, even from timing, whether an entry exists.
      if (accepted === false) return notAccepted(wanted);
      if (!flags.isOn('exactCache', identity.key)) return missOf('absent');
      const found = ask(() => get(identity.key), budget);
      if (!isPending(found) && accepted === true) {
        const looked = decide(wanted, found);
        if (looked !== needsLog) return looked;
      }
      return later(wanted, found, accepted);
    },

    async many(wanted) {
      const [first] = wanted;
      const reading = readLogIfDue(engine, first?.budget);
      // The parts of one request come with one credential.
      if (first === undefined || !(await isAccepted(engine, first.identity, first.upstream, first.budget))) {
        await reading;
        return wanted.map(() => missOf('credential'));
      }
      if (flags.isOff('exactCache')) return wanted.map(() => missOf('absent'));
      const keys = wanted.map(({ identity }) => identity.key);
      const found = await ask(() => store.getMany(keys), first.budget);
      const each = found === trouble ? keys.map((): typeof trouble => trouble) : found;
      return decided(wanted, each, reading);
    },
  };
}

/** Whether no known invalidation removes what was found. */
export function isValid({ log }: Pick<Engine, 'log'>, entry: Entry, added: Found['added']): boolean {
  return log.isCurrent && verdictOf(log, entry, added) === 'valid';
}

/** An entry serves requests that allow at least the tokens it used; if that is unknown, those that allow exactly as many. */
function withinCeiling({ meta }: Entry, { ceiling }: Sought): boolean {
  const used = meta.usage === undefined || meta.usage.estimated ? undefined : meta.usage.outputTokens;
  if (used === undefined) return meta.ceiling === ceiling;
  return ceiling === undefined || used <= ceiling;
}
