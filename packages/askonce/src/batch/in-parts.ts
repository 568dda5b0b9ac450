/**
 * A request made of parts (a batch of embeddings): each part is looked up, fetched and stored on its own, and the
 * provider is called once for all parts that no entry has, and that no other request is fetching. If its answer does
 * not show which part belongs to which input, the request is asked and stored whole.
 */
import type { AddedTags } from '../engine/added-tags.ts';
import { type Ask, flightName, lookupTimes, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { beginGeneration } from '../engine/generation.ts';
import { replyToHit } from '../engine/hit-reply.ts';
import type { Lookup } from '../engine/lookup.ts';
import { type Hit, type LookedUp, type Miss, missOf } from '../engine/outcome.ts';
import { type ReportedCall, reportCall } from '../engine/provider-call.ts';
import { partCountIn } from '../engine/read-by-protocol.ts';
import type { Reply } from '../engine/reply.ts';
import type { Recording } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { Flight } from '../flight/flight.ts';
import type { Provider } from '../flight/provider.ts';
import { bypass } from '../generate/bypass.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import { isJsonObject, type JsonObject, tryParseJson } from '../json.ts';
import type { NegativeCache } from '../negative/negative.ts';
import type { MissReason } from '../observe/events.ts';
import { observeTrouble } from '../observe/report.ts';
import type { Parts } from '../protocol/contract.ts';
import { answerWith, assessedBy, type BatchCall, batchCall, type WholeAnswer } from './call.ts';
import type { ImpreciseProviders } from './imprecise.ts';
import { allFromEntries, assembled, type PartAnswer, refusalIn, undivided } from './parts-reply.ts';

export interface InPartsOptions {
  readonly engine: Engine;
  readonly lookup: Lookup;
  readonly tags: AddedTags;
  readonly negative: NegativeCache;
  readonly imprecise: ImpreciseProviders;
  /** Identifies a part as if it had been asked alone; undefined if it bypasses the cache. */
  readonly identify: (request: CacheRequest) => Identity | undefined;
  readonly generate: (ask: Ask, miss: Miss) => Promise<Reply>;
}

interface Part {
  readonly request: CacheRequest;
  readonly identity: Identity;
}

/** Makes the function that answers a request part by part. */
export function inParts(options: InPartsOptions) {
  const { engine, lookup, tags, negative, imprecise, identify, generate } = options;
  const { flights } = engine;

  function bypassed({ request, provider, requestId, caller }: Ask): Promise<Reply> {
    return bypass(engine, request, provider, 'unrepresentable', requestId, caller.signal);
  }

  /** Undefined if the parts cannot be joined: what answers one input well (a vector without a number) may be no part. */
  function joined(join: () => Reply): Reply | undefined {
    try {
      return join();
    } catch (error) {
      observeTrouble(engine, 'get', error);
      return undefined;
    }
  }

  async function fromEntries(ask: Ask, parts: Parts, hits: readonly Hit[]): Promise<Reply> {
    const reply = joined(() => allFromEntries(engine, ask, parts, hits));
    if (reply !== undefined) return reply;
    if (ask.request.directives.onlyIfCached)
      throw new AskonceError(
        'not_cached',
        'The inputs are stored, but cannot be joined to one answer; ask without only-if-cached.',
      );
    return bypassed(ask);
  }

  /** The parts, or undefined if they can't all be answered alone. */
  function partsOf(request: CacheRequest, bodies: readonly JsonObject[]): readonly Part[] | undefined {
    const all: Part[] = [];
    for (const body of bodies) {
      const part: CacheRequest = { ...request, body: JSON.stringify(body) };
      const identity = identify(part);
      if (identity === undefined) return undefined;
      all.push({ request: part, identity });
    }
    return all.length === 0 ? undefined : all;
  }

  function callFor(ask: Ask, parts: Parts, body: JsonObject): BatchCall {
    const bodyFor = (indexes: readonly number[]) => parts.select(body, indexes);
    return batchCall({
      provider: ask.provider,
      form: ask.identity.form,
      requestFor: (indexes) => ({ ...ask.request, body: JSON.stringify(bodyFor(indexes)) }),
      divide: (answer, indexes) => parts.divide(answer, indexes.length, bodyFor(indexes)),
      count: (answer) => partCountIn(ask.identity.protocol, answer),
      isUnclear: () => imprecise.includes(ask),
      onUnclear: () => imprecise.note(ask),
      report: () => (ask.isBatched ? unreported : reportCall(engine, ask)),
      assess: assessedBy(engine, ask.identity.protocol, ask.identity.form),
    });
  }

  /** A stored part as it is, any other through a flight of its own. */
  async function answerPart(
    ask: Ask,
    { request, identity }: Part,
    looked: LookedUp,
    provider: Provider,
    landed: readonly Flight[],
  ): Promise<PartAnswer> {
    if (looked.kind === 'hit') return { recording: looked.recording, reply: undefined };
    // What another part of the call did wrong does not answer a request that waits for this part alone.
    const failsFor = `${ask.failsFor}#${ask.requestId}`;
    const part: Ask = { ...ask, request, identity, provider, failsFor, landed, isPart: true };
    const reply = await generate(part, looked);
    return { recording: await recorded(reply, identity), reply };
  }

  /** All of a list at once, stored as one entry. `whole` is the provider's answer to it, if there has been one. */
  async function answerWhole(ask: Ask, whole: WholeAnswer | undefined, reason: MissReason): Promise<Reply> {
    const { identity, request, budget } = ask;
    const { upstream, directives } = request;
    // Another request for the same list may have stored it, or be about to.
    const watch = flights.watch(flightName(identity));
    try {
      const looked = await tags.coverAll(ask, [await lookup.one({ identity, upstream, directives, budget })]);
      const [found] = looked;
      if (found?.kind === 'hit') return replyToHit(engine, ask, found);
    } finally {
      watch.stop();
    }
    const asked: Ask =
      whole === undefined
        ? { ...ask, landed: watch.landed }
        : { ...ask, landed: watch.landed, provider: async () => answerWith(whole), isBatched: true };
    return generate(asked, missOf(reason));
  }

  return async (ask: Ask, parts: Parts): Promise<Reply> => {
    const { request } = ask;
    const { upstream, directives } = request;
    const body = parse(request.body);
    const all = partsOf(request, parts.split(body) ?? []);
    if (all === undefined) return bypassed(ask);

    // A part's flight may land while the stores are asked: too late for the lookup, too early to be joined.
    const watches = all.map(({ identity }) => flights.watch(flightName(identity)));
    let looked: readonly LookedUp[];
    const { budget } = ask;
    const stopWaiting = budget.begin();
    try {
      const wanted = all.map(({ identity }) => ({ identity, upstream, directives, budget }));
      looked = await tags.coverAll(ask, await lookup.many(wanted));
      const hits = looked.filter((one): one is Hit => one.kind === 'hit');
      if (hits.length === looked.length) return await fromEntries(ask, parts, hits);
      const isInTrouble = looked.some((one) => one.kind === 'miss' && one.reason === 'store-trouble');
      const error = await negative.stage(ask, missOf(isInTrouble ? 'store-trouble' : 'absent'));
      if (error?.kind === 'negative') return error.reply;
    } finally {
      stopWaiting();
      for (const watch of watches) watch.stop();
    }
    const misses = looked.filter((one): one is Miss => one.kind === 'miss');
    const [first] = misses;
    const reason = misses.every((one) => one.reason === first?.reason)
      ? (first?.reason ?? 'absent')
      : 'absent';
    report(engine, ask, { type: 'miss', reason, ...lookupTimes(engine, ask) });
    if (directives.onlyIfCached)
      throw new AskonceError(
        'not_cached',
        `${misses.length} of ${looked.length} inputs are not stored; ask without only-if-cached.`,
      );
    ask.caller.signal?.throwIfAborted();

    const call = callFor(ask, parts, body);
    const { position } = beginGeneration(engine);
    try {
      const answers = await Promise.all(
        all.map((part, index) =>
          answerPart(
            ask,
            part,
            looked[index] ?? missOf('absent'),
            call.part(index),
            watches[index]?.landed ?? [],
          ),
        ),
      );
      const refusal = refusalIn(ask, answers);
      if (refusal === undefined) negative.forget(ask);
      else void negative.remember(ask, refusal, position);
      return refusal?.reply ?? joined(() => assembled(ask, parts, answers, reason)) ?? bypassed(ask);
    } catch (error) {
      if (!AskonceError.isInstance(error) || error.code !== 'answer_indivisible') throw error;
      const whole = call.whole(looked.length);
      if (imprecise.includes(ask)) return answerWhole(ask, whole, reason);
      return whole === undefined ? bypassed(ask) : undivided(ask, whole);
    }
  };
}

const unreported: ReportedCall = { answered() {}, failed() {} };

function parse(body: Uint8Array | string): JsonObject {
  const value = tryParseJson(typeof body === 'string' ? body : Buffer.from(body).toString('utf8'));
  return isJsonObject(value) ? value : {};
}

async function recorded(reply: Reply, identity: Identity): Promise<Recording> {
  const pieces: Uint8Array[] = [];
  if (reply.body instanceof Uint8Array) pieces.push(reply.body);
  else for await (const piece of reply.body) pieces.push(piece);
  const contentType = reply.headers['content-type'];
  const headers = typeof contentType === 'string' ? { 'content-type': contentType } : {};
  return { form: identity.form, status: reply.status, headers, body: Buffer.concat(pieces) };
}
