/**
 * Leading a flight: the one call for an answer, its recording, and what is remembered of its end.
 */
import { tooSlow, within } from '../clock.ts';
import type { Distributed } from '../distributed/share.ts';
import { type Ask, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { addFollowersTags, answerOf, beginGeneration } from '../engine/generation.ts';
import { type ReportedCall, reportCall } from '../engine/provider-call.ts';
import { assessed } from '../engine/read-by-protocol.ts';
import { recordedHeaders } from '../engine/reply-headers.ts';
import { type StoreOutcome, storeAnswer } from '../engine/store-answer.ts';
import { type EntryMeta, isSuccess, newRecordingId, type Recording } from '../entry/entry.ts';
import type { Flight } from '../flight/flight.ts';
import type { Head } from '../flight/plan.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { NegativeCache } from '../negative/negative.ts';
import type { Assessment } from '../protocol/contract.ts';

interface LeadTerms {
  /** Calls the provider whatever other processes do. */
  readonly alone?: boolean;
  /** Neither an entry nor a call that was made before is enough. */
  readonly afresh?: boolean;
  /** The entry that the answer is to replace. */
  readonly replacing?: EntryMeta | undefined;
  /** Called when a complete answer is being stored, with what becomes of it, which may take longer than the flight. */
  readonly onStoring?: (outcome: Promise<StoreOutcome>) => void;
}

/** Starts the one flight for `name`. */
export type Lead = (ask: Ask, name: string, terms?: LeadTerms) => Flight;

export function leading(
  engine: Engine,
  distributed: Distributed,
  negative: NegativeCache,
  identify: (request: CacheRequest) => Identity | undefined,
): Lead {
  const { settings, clock, access, flights } = engine;

  /** The request as it is recognised by once its answer has said what counts; undefined: as before. */
  function restatedBy(ask: Ask, head: Head): Ask | undefined | 'not at all' {
    const body = ask.identity.protocol.answers?.restated(head, ask.request);
    if (body === undefined) return undefined;
    const request = { ...ask.request, body };
    const identity = identify(request);
    return identity === undefined ? 'not at all' : { ...ask, request, identity };
  }

  return (ask, name, { alone = false, afresh = false, replacing, onStoring } = {}) => {
    const { identity, request } = ask;
    const recordingId = newRecordingId();
    const generation = beginGeneration(engine, replacing);
    let call: ReportedCall | undefined;
    let read: { readonly held: Assessment | undefined } | undefined;
    /** The answer has been read already if it was to be stored. */
    const assess = (recording: Recording) => {
      read ??= { held: generation.assessment ?? assessed(engine, identity.protocol, recording) };
      return read.held;
    };
    const onCall = () => {
      if (!ask.isPart && !ask.isBatched) call = reportCall(engine, ask);
    };
    const sharing = distributed.share(ask, generation, { onCall, recordingId, alone, afresh, replacing });
    const flight = flights.start(name, {
      request,
      identity,
      provider: sharing.provider,
      form: identity.form,
      framing: identity.framing,
      protocol: identity.protocol,
      credential: identity.credential,
      failsFor: ask.failsFor,
      recordingId,
      leader: ask.requestId,
      settings,
      clock,
      language: () => identity.knownLanguage,
      hooks: {
        calls: sharing.calls,
        answer: () => answerOf(identity, generation),
        addTags: (tags) => addFollowersTags(identity, generation, tags),
        recordedHeaders: (head) => recordedHeaders(identity.protocol, head),
        onHead(head, relayed) {
          // What another credential was answered says nothing of this one; failures come from the same credential.
          if (isSuccess(head)) {
            if (relayed === undefined) access.accept(identity.credential, request.upstream);
          } else if (head.status === 401 || head.status === 403)
            access.refuse(identity.credential, request.upstream);
        },
        async store(recording, head) {
          const { headers } = head;
          // An answer that could not be decoded can't be read, even if it looks like one: a replay has no such header.
          if (headers['content-encoding'] !== undefined && identity.protocol.answers === undefined) {
            report(engine, ask, { type: 'refused', reason: 'unreadable' });
            return false;
          }
          if (head.sharing?.isRefused()) {
            report(engine, ask, { type: 'refused', reason: 'not-storable' });
            return false;
          }
          const restated = restatedBy(ask, head);
          if (restated === 'not at all') return false;
          const storing = storeAnswer(
            engine,
            { ask: restated ?? ask, recording, recordingId, generation, headers },
            // The lease is that of the key that was asked for.
            restated === undefined ? sharing.releasable : undefined,
          );
          onStoring?.(storing);
          sharing.storing(storing);
          // A slow write goes on, and is reported as it ends; its request is not kept waiting beyond its budget.
          const outcome = await within(clock, ask.budget.leftMs, storing);
          return outcome !== tooSlow && outcome.stored;
        },
        assess,
        onCutOff: () => report(engine, ask, { type: 'cut-off', reason: 'too-slow' }),
      },
    });
    sharing.attach(flight);
    identity.detectSoon();
    flight.landing.then(
      (landing) => {
        if (flight.relayed !== undefined) return;
        const { head } = landing;
        const held = () => flight.assessed(landing);
        call?.answered(head.status, flight.transcript.length, held, flight.isAbandoned);
        if (isSuccess(head)) negative.forget(ask);
        else if (!ask.isPart) void negative.remember(ask, landing, generation.position);
      },
      (error) => call?.failed(error, flight.isAbandoned),
    );
    return flight;
  };
}
