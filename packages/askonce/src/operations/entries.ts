/**
 * Entries put in, looked at and taken out by hand, past the way of a request.
 */

import type { Engine } from '../engine/ask.ts';
import type { Identify } from '../engine/engine.ts';
import { isStanding } from '../engine/lookup.ts';
import { newRequestId } from '../engine/reply.ts';
import { beginGeneration, type Candidate, keepMany } from '../engine/store-answer.ts';
import { entryIn, readUp, storeCall, trouble } from '../engine/store-call.ts';
import type { Entry } from '../entry/entry.ts';
import { newRecordingId, type Recording } from '../entry/entry.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { BypassReason } from '../observe/events.ts';
import type { Found } from '../store/contract.ts';

interface Answered {
  readonly request: CacheRequest;
  readonly recording: Recording;
}

/** See `Cache` for what each does. */
export interface ByHand {
  /** Undefined where the request never meets the cache. */
  identityOf(request: CacheRequest): Identity | undefined;
  getMany(requests: readonly CacheRequest[]): Promise<readonly (Entry | undefined)[]>;
  setMany(answers: readonly Answered[]): Promise<readonly boolean[]>;
  remove(request: CacheRequest): Promise<boolean>;
}

export function byHand(
  engine: Engine,
  identify: Identify,
  barred: (request: CacheRequest) => BypassReason | undefined,
): ByHand {
  const { access, clock, log, store } = engine;

  function identityOf(request: CacheRequest): Identity | undefined {
    const identified = identify(request);
    return 'bypass' in identified ? undefined : identified;
  }

  function candidateOf({ request, recording }: Answered): Candidate | undefined {
    const identity = identityOf(request);
    if (identity === undefined || identity.parts > 1 || barred(request) !== undefined) return undefined;
    const ask = { identity, request, requestId: newRequestId() };
    return { ask, recording, recordingId: newRecordingId(), generation: beginGeneration(engine) };
  }

  function standing(found: Found | undefined): Entry | undefined {
    const entry = entryIn(engine, found);
    return entry !== undefined && isStanding(engine, entry, found?.added) ? entry : undefined;
  }

  return {
    identityOf,
    async getMany(requests) {
      const identities = requests.map(identityOf);
      const keys = identities.flatMap((identity) => (identity === undefined ? [] : [identity.key]));
      const reading = readUp(engine);
      const found = await storeCall(engine, 'get', () => store.getMany(keys));
      await reading;
      const entries = found === trouble ? [] : found.map(standing);
      const kept = new Map(entries.map((entry) => [entry?.key, entry]));
      return identities.map((identity) => {
        const entry = identity === undefined ? undefined : kept.get(identity.key);
        return entry !== undefined && entry.meta.expires > clock.now() ? entry : undefined;
      });
    },
    async setMany(answers) {
      await readUp(engine);
      const candidates = answers.map(candidateOf);
      const fit = candidates.filter((one) => one !== undefined);
      const outcomes = await keepMany(engine, fit);
      const kept = new Map(fit.map((candidate, index) => [candidate, outcomes[index]?.stored ?? false]));
      return candidates.map((candidate) => {
        if (candidate === undefined || !kept.get(candidate)) return false;
        const { identity, request } = candidate.ask;
        access.accept(identity.credential, request.upstream);
        return true;
      });
    },
    async remove(request) {
      const identity = identityOf(request);
      if (identity === undefined) return false;
      // What other processes hold in their memories is theirs to refuse.
      if (store.shared?.log !== undefined) await log.append([{ clauses: [], keys: [identity.key] }]);
      return store.delete(identity.key);
    },
  };
}
