/**
 * Negative caching: errors that the provider is bound to give again are remembered, and served again without a call.
 *
 * There are three kinds, each under a name of its own: a request that is wrong in itself, for `negativeSeconds`; a
 * question on which the provider failed, and a credential that it limits, both for a growing while. Errors of an account
 * (its key, its credit) are not remembered, and no error is served to another account.
 */
import type { Awaitable } from '../clock.ts';
import { isPending } from '../clock.ts';
import { type Ask, lookupTimes, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { decideWithLog, needsLog, readLogIfDue } from '../engine/log-reading.ts';
import type { Miss, Negative, Stage } from '../engine/outcome.ts';
import { sharedHeaders } from '../engine/reply-headers.ts';
import { entryIn, storeCall, trouble } from '../engine/store-call.ts';
import type { Entry } from '../entry/entry.ts';
import { judge } from '../entry/freshness.ts';
import type { Landing } from '../flight/plan.ts';
import type { LogPosition } from '../invalidation/log.ts';
import type { Found } from '../store/contract.ts';
import { errorEntry, failedName, failuresOf, heldName, invalidName } from './entry.ts';
import { knownErrors } from './known.ts';

export interface NegativeCache {
  /** Looks for a remembered error after a miss. */
  readonly stage: Stage;
  /** Names of the errors that the stage looks for. */
  namesFor(asking: Pick<Ask, 'identity' | 'request'>): readonly string[];
  /** Whether this process knows that a call for this request would fail now. Never throws. */
  isHeldBack(asking: Pick<Ask, 'identity' | 'request'>): boolean;
  /**
   * Remembers an error in which a provider call of this request ended, if it is of a kind to be remembered: in this
   * process at once, then in the store. Never rejects.
   * @param position the position of the invalidation log when the call began.
   */
  remember(ask: Ask, landing: Pick<Landing, 'head' | 'recording'>, position: LogPosition): Promise<void>;
  /** Forgets failures, and that this credential is limited, once the provider has answered it well. Never throws. */
  forget(ask: Ask): void;
}

type FoundErrors = readonly (Found | undefined)[] | typeof trouble;

export function negativeCache(engine: Engine): NegativeCache {
  const { settings, flags, clock, store, log, flights } = engine;
  const errors = knownErrors();

  function isOn({ identity }: Pick<Ask, 'identity'>): boolean {
    return identity.protocol.errorKind !== undefined && flags.isOn('negativeCache', identity.key);
  }

  /** The error that lasts longest comes first. */
  function namesOf(ask: Pick<Ask, 'identity' | 'request'>): readonly string[] {
    return [invalidName(ask), heldName(ask, settings), failedName(ask, settings)];
  }

  function learn({ identity }: Ask, names: readonly string[], found: FoundErrors): void {
    if (found === trouble) return;
    for (const [index, name] of names.entries()) {
      const entry = entryIn(engine, found[index]);
      // A store that mixes things up must not be believed.
      if (entry?.key === name && entry.meta.fields['credential'] === identity.credential) errors.learn(entry);
    }
  }

  /** The first of the remembered errors that is valid now; `needsLog` if one may have been invalidated. */
  function knownError(
    { identity, request }: Pick<Ask, 'identity' | 'request'>,
    names: readonly string[],
  ): Entry | undefined | typeof needsLog {
    let isUnsure = false;
    for (const name of names) {
      const entry = errors.get(name)?.entry;
      if (entry === undefined || judge(entry.meta, request.directives, clock.now()) !== 'fresh') continue;
      const { began, log: itsLog, tagDigests = [] } = entry.meta;
      // By its tags, or by the question's key.
      const verdict = log.verdict({ key: identity.key, began, log: itsLog, tagDigests });
      if (verdict === 'invalidated') errors.forget(name);
      else if (verdict === 'valid' && log.isCurrent) return entry;
      else isUnsure = true;
    }
    return isUnsure ? needsLog : undefined;
  }

  async function knownOnceRead(
    ask: Ask,
    missed: Miss,
    names: readonly string[],
    found: Awaitable<FoundErrors>,
    reading: Promise<boolean> | undefined,
  ): Promise<Negative | undefined> {
    learn(ask, names, await found);
    // A call that begins next must know the position of the log, too.
    await reading;
    const error = await decideWithLog(engine, reading, () => knownError(ask, names), ask.budget);
    return error === needsLog ? undefined : outcomeOf(ask, missed, error);
  }

  function outcomeOf(ask: Ask, missed: Miss, error: Entry | undefined): Negative | undefined {
    if (error === undefined) return undefined;
    const { meta, recording } = error;
    const { identity, requestId } = ask;
    const now = clock.now();
    const left = Math.ceil((meta.staleAfter - now) / 1000);
    report(engine, ask, { type: 'negative', status: recording.status, ...lookupTimes(engine, ask) });
    const headers = sharedHeaders(identity.protocol, recording.headers, requestId);
    return {
      kind: 'negative',
      missed,
      reply: {
        status: recording.status,
        headers: failuresOf(meta) === 0 ? headers : { ...headers, 'retry-after': String(left) },
        body: recording.body,
        cacheStatus: { kind: 'hit', ttl: left, detail: 'negative' },
        key: identity.key,
        age: Math.max(0, Math.floor((now - meta.refreshed) / 1000)),
        requestId,
      },
    };
  }

  /** The errors as the first look found them, or as the store has them. */
  function look({ firstLook, budget }: Ask, names: readonly string[]): Awaitable<FoundErrors> {
    return firstLook?.errors ?? storeCall(engine, 'get', () => store.getMany(names), budget);
  }

  return {
    stage(ask, missed) {
      const { reason } = missed;
      // If the same caller repeats a request, it is to get another answer than the one before.
      if (!isOn(ask) || ask.request.directives.noCache || reason === 'repeat') return undefined;
      const names = namesOf(ask);
      const known = knownError(ask, names);
      // A store in trouble is not waited for twice.
      if (reason === 'store-trouble') return known === needsLog ? undefined : outcomeOf(ask, missed, known);
      const reading = readLogIfDue(engine, ask.budget);
      const found: Awaitable<FoundErrors> = known === undefined ? look(ask, names) : [];
      if (!isPending(found) && reading === undefined) {
        learn(ask, names, found);
        const error = known ?? knownError(ask, names);
        if (error !== needsLog) return outcomeOf(ask, missed, error);
      }
      return knownOnceRead(ask, missed, names, found, reading);
    },
    namesFor: (ask) => (isOn(ask) && !ask.request.directives.noCache ? namesOf(ask) : []),
    isHeldBack: (ask) => errors.size > 0 && isOn(ask) && knownError(ask, namesOf(ask)) !== undefined,
    async remember(ask, landing, position) {
      if (!isOn(ask)) return;
      const entry = errorEntry(engine, errors, ask, landing, position);
      if (entry === undefined) return;
      errors.set({ entry, learnt: flights.started });
      await storeCall(engine, 'set', () => store.set(entry));
    },
    forget(ask) {
      if (!isOn(ask)) return;
      for (const name of [heldName(ask, settings), failedName(ask, settings)]) {
        const known = errors.get(name);
        // A call that was in progress when the limit was learnt does not say that it is over.
        if (known === undefined || ask.flightsBefore < known.learnt) continue;
        errors.forget(name);
        void storeCall(engine, 'delete', () => store.delete(name));
      }
    },
  };
}
