/**
 * A request made of parts (a batch of embeddings): each part is looked up, fetched and stored on its own, and the
 * provider is called once for all parts that no entry has, and that no other request is fetching. If its answer does
 * not show which part belongs to which input, the request is asked and stored whole.
 */
import type { AddedTags } from '../engine/added-tags.ts';
import { type Ask, flightName, lookupTimes, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { beginGeneration } from '../engine/generation.ts';
import { detailOf, replyOf } from '../engine/hit-reply.ts';
import type { Lookup } from '../engine/lookup.ts';
import { type Hit, type LookedUp, type Miss, missOf } from '../engine/outcome.ts';
import { type ReportedCall, reportCall } from '../engine/provider-call.ts';
import { partCountIn } from '../engine/read-by-protocol.ts';
import type { Reply } from '../engine/reply.ts';
import type { Recording } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { Flight } from '../flight/flight.ts';
import type { Provider } from '../flight/provider.ts';
import type { Bypassing } from '../generate/bypass.ts';
import { type Answer, type AnswerOfFlight, closed } from '../generate/closing.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import { isJsonObject, type JsonObject, tryParseJson } from '../json.ts';
import type { NegativeCache } from '../negative/negative.ts';
import type { MissReason } from '../observe/causes.ts';
import { observeTrouble } from '../observe/report.ts';
import type { Parts } from '../protocol/contract.ts';
import { answerWith, assessedBy, type BatchCall, batchCall, type WholeAnswer } from './call.ts';
import type { ImpreciseProviders } from './imprecise.ts';
import { allFromEntries, assembled, type PartAnswer, refusalIn, undivided } from './parts-reply.ts';
import { endingOf } from './used.ts';

export interface InPartsOptions {
  readonly engine: Engine;
  readonly lookup: Lookup;
  readonly tags: AddedTags;
  readonly negative: NegativeCache;
  readonly imprecise: ImpreciseProviders;
  /** Identifies a part as if it had been asked alone; undefined if it bypasses the cache. */
  readonly identify: (request: CacheRequest) => Identity | undefined;
  readonly generate: (ask: Ask, miss: Miss) => Promise<AnswerOfFlight>;
  readonly bypass: Pick<Bypassing, 'report' | 'answer' | 'answerMissed'>;
}

interface Part {
  readonly request: CacheRequest;
  readonly identity: Identity;
}

/** A request whose parts are not all stored. */
interface Missed {
  readonly body: JsonObject;
  readonly all: readonly Part[];
  readonly looked: readonly LookedUp[];
  /** The flights that landed during the lookup of each part. */
  readonly landed: readonly (readonly Flight[])[];
  readonly reason: MissReason;
}

/** Makes the function that answers a request part by part. */
export function inParts(options: InPartsOptions) {
  const { engine, lookup, tags, negative, imprecise, identify, generate, bypass } = options;
  const { flights } = engine;

  function bypassed({ request, requestId, caller }: Ask, provider: Provider): Promise<Reply> {
    const passage = { request, provider, requestId, signal: caller.signal };
    bypass.report(passage, 'unrepresentable');
    return bypass.answer(passage, 'unrepresentable');
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

  async function fromEntries(
    ask: Ask,
    parts: Parts,
    hits: readonly Hit[],
    provider: Provider,
  ): Promise<Reply> {
    const reply = joined(() => allFromEntries(engine, ask, parts, hits));
    if (reply !== undefined) return reply;
    if (!ask.request.directives.onlyIfCached) return bypassed(ask, provider);
    bypass.report(ask, 'unrepresentable');
    throw new AskonceError(
      'not_cached',
      'The inputs are stored, but cannot be joined to one answer; ask without only-if-cached.',
    );
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
    if (looked.kind === 'hit') {
      const { recording, entry } = looked;
      return { recording, reply: undefined, isOwn: false, used: () => entry.meta };
    }
    // What another part of the call did wrong does not answer a request that waits for this part alone.
    const failsFor = `${ask.failsFor}#${ask.requestId}`;
    const part: Ask = { ...ask, request, identity, provider, failsFor, landed, isPart: true };
    const { reply, leads, ending } = await generate(part, looked);
    return { recording: await recorded(reply, identity), reply, isOwn: leads, used: ending };
  }

  /** All of a list at once, stored as one entry. `whole` is the provider's answer to it, if there has been one. */
  async function answerWhole(ask: Ask, whole: WholeAnswer | undefined, reason: MissReason): Promise<Answer> {
    const { identity, request, budget } = ask;
    const { upstream, directives } = request;
    // Another request for the same list may have stored it, or be about to.
    const watch = flights.watch(flightName(identity));
    try {
      const looked = await tags.coverAll(ask, [await lookup.one({ identity, upstream, directives, budget })]);
      const [found] = looked;
      if (found?.kind === 'hit') {
        const reply = replyOf(engine, ask, found, detailOf(found));
        const { usage, model } = found.entry.meta;
        return ofWhole(
          { reply, ending: () => ({ by: 'flight', status: reply.status, usage, model }) },
          whole,
        );
      }
    } finally {
      watch.stop();
    }
    const asked: Ask =
      whole === undefined
        ? { ...ask, landed: watch.landed }
        : { ...ask, landed: watch.landed, provider: async () => answerWith(whole), isBatched: true };
    return ofWhole(await generate(asked, missOf(reason)), whole);
  }

  /** Answers what of the parts no entry has. */
  async function answerMissed(
    ask: Ask,
    parts: Parts,
    provider: Provider,
    { body, all, looked, landed, reason }: Missed,
  ): Promise<Answer> {
    const call = callFor(ask, parts, body);
    const { position } = beginGeneration(engine);
    try {
      const answers = await Promise.all(
        all.map((part, index) =>
          answerPart(ask, part, looked[index] ?? missOf('absent'), call.part(index), landed[index] ?? []),
        ),
      );
      const refusal = refusalIn(ask, answers);
      if (refusal === undefined) negative.forget(ask);
      else void negative.remember(ask, refusal, position);
      const reply = refusal?.reply ?? joined(() => assembled(ask, parts, answers, reason));
      if (reply === undefined) return bypass.answerMissed(ask, provider);
      return { reply, ending: () => endingOf(reply.status, answers, call.held) };
    } catch (error) {
      if (!AskonceError.isInstance(error) || error.code !== 'answer_indivisible') throw error;
      const whole = call.whole(looked.length);
      if (imprecise.includes(ask)) return answerWhole(ask, whole, reason);
      if (whole === undefined) return bypass.answerMissed(ask, provider);
      const reply = undivided(ask, whole);
      return { reply, ending: () => endingOf(reply.status, [], call.held) };
    }
  }

  /** @param provider the request's own, whose calls nothing collects */
  return async (ask: Ask, parts: Parts, provider: Provider): Promise<Reply> => {
    const { request } = ask;
    const { upstream, directives } = request;
    const body = parse(request.body);
    const all = partsOf(request, parts.split(body) ?? []);
    if (all === undefined) return bypassed(ask, provider);

    // A part's flight may land while the stores are asked: too late for the lookup, too early to be joined.
    const watches = all.map(({ identity }) => flights.watch(flightName(identity)));
    let looked: readonly LookedUp[];
    const { budget } = ask;
    const stopWaiting = budget.begin();
    try {
      const wanted = all.map(({ identity }) => ({ identity, upstream, directives, budget }));
      looked = await tags.coverAll(ask, await lookup.many(wanted));
      const hits = looked.filter((one): one is Hit => one.kind === 'hit');
      if (hits.length === looked.length) return await fromEntries(ask, parts, hits, provider);
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
    const landed = watches.map((watch) => watch.landed);
    return closed(engine, ask, async () => {
      if (directives.onlyIfCached)
        throw new AskonceError(
          'not_cached',
          `${misses.length} of ${looked.length} inputs are not stored; ask without only-if-cached.`,
        );
      ask.caller.signal?.throwIfAborted();
      return await answerMissed(ask, parts, provider, { body, all, looked, landed, reason });
    });
  };
}

/** If the request made a call, that was paid for, whatever answers it in the end. */
function ofWhole({ reply, ending }: Answer, whole: WholeAnswer | undefined): Answer {
  if (whole === undefined) return { reply, ending };
  return { reply, ending: () => endingOf(reply.status, [], [whole.held]) };
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
