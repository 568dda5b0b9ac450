/**
 * Entries read, stored and deleted by the caller, past the path of a request.
 */
import type { Ask, QuestionVector } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { beginGeneration } from '../engine/generation.ts';
import { readLogIfDue } from '../engine/log-reading.ts';
import { isValid } from '../engine/lookup.ts';
import { newRequestId } from '../engine/reply-headers.ts';
import { type Answered, storeAnswers } from '../engine/store-answer.ts';
import { entryIn, storeCall, trouble } from '../engine/store-call.ts';
import { type Entry, newRecordingId, type Recording } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { BypassReason } from '../observe/causes.ts';
import type { Found, WalkedEntry } from '../store/contract.ts';
import { type BrowseOperations, browsing, isServable } from './browse.ts';

interface Given {
  readonly request: CacheRequest;
  readonly recording: Recording;
}

/** See `Cache` for what each does. */
export interface EntryOperations extends BrowseOperations {
  getMany(requests: readonly CacheRequest[]): Promise<readonly (Entry | undefined)[]>;
  setMany(answers: readonly Given[]): Promise<readonly boolean[]>;
  delete(request: CacheRequest): Promise<boolean>;
  entries(): AsyncIterable<readonly WalkedEntry[]>;
}

export interface EntryTools {
  readonly engine: Engine;
  /** Undefined if the request bypasses the cache. */
  readonly identify: (request: CacheRequest) => Identity | undefined;
  /** Why the request must not be stored; undefined if it may be. */
  readonly barred: (request: CacheRequest) => BypassReason | undefined;
  /** The question's vector; undefined if the semantic tier does not take it. */
  readonly vectorOf: (asked: Pick<Ask, 'identity' | 'request'>) => Promise<QuestionVector | undefined>;
}

export function entryOperations({ engine, identify, barred, vectorOf }: EntryTools): EntryOperations {
  const { access, clock, log, store, shared, hooks } = engine;

  async function answeredBy({ request, recording }: Given): Promise<Answered | undefined> {
    const identity = identify(request);
    if (identity === undefined || identity.parts > 1 || barred(request) !== undefined) return undefined;
    const vector = await vectorOf({ identity, request });
    const ask = { identity, request, requestId: newRequestId(), vector };
    // The caller may modify its own recording later; the body is copied when the entry is stored.
    const own = { ...recording, headers: { ...recording.headers } };
    return { ask, recording: own, recordingId: newRecordingId(), generation: beginGeneration(engine) };
  }

  function validEntry(found: Found | undefined): Entry | undefined {
    const entry = entryIn(engine, found);
    return entry !== undefined && isValid(engine, entry, found?.added) ? entry : undefined;
  }

  return {
    async getMany(requests) {
      const identities = requests.map(identify);
      const keys = identities.flatMap((identity) => (identity === undefined ? [] : [identity.key]));
      const reading = readLogIfDue(engine);
      const found = await storeCall(engine, 'get', () => store.getMany(keys));
      await reading;
      const entries = found === trouble ? [] : found.map(validEntry);
      const byKey = new Map(entries.map((entry) => [entry?.key, entry]));
      return identities.map((identity) => {
        const entry = identity === undefined ? undefined : byKey.get(identity.key);
        return entry !== undefined && entry.meta.expires > clock.now() ? entry : undefined;
      });
    },
    async setMany(answers) {
      await readLogIfDue(engine);
      const each: (Answered | undefined)[] = [];
      // One after another: an embedder has a bound on its calls.
      for (const one of answers) each.push(await answeredBy(one));
      const fit = each.filter((one) => one !== undefined);
      const outcomes = await storeAnswers(engine, fit);
      const isStored = new Map(fit.map((one, index) => [one, outcomes[index]?.stored ?? false]));
      return each.map((one) => {
        if (one === undefined || !isStored.get(one)) return false;
        const { identity, request } = one.ask;
        access.accept(identity.credential, request.upstream);
        return true;
      });
    },
    ...browsing(engine),
    async *entries() {
      if (store.scan === undefined)
        throw new AskonceError(
          'store_failed',
          `The ${store.name} store can't list its entries; use one that can.`,
        );
      for await (const batch of store.scan.walk()) {
        await readLogIfDue(engine);
        const servable = batch.filter((entry) => isServable(engine, entry));
        if (servable.length > 0) yield servable;
      }
    },
    async delete(request) {
      const identity = identify(request);
      if (identity === undefined) return false;
      // Other processes must refuse what they hold in memory.
      if (shared.log !== undefined) await log.append([{ clauses: [], keys: [identity.key] }]);
      const isDeleted = await store.delete(identity.key);
      if (isDeleted) hooks.removed([identity.key], 'invalidated');
      return isDeleted;
    },
  };
}
