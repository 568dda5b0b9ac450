/**
 * A request made of parts (a batch of embeddings): each part is looked up, fetched and kept on its own, and the
 * provider is asked once for all that nobody has, and nobody else is asking for.
 */

import { coverAll } from '../engine/added-tags.ts';
import { type Ask, type Engine, flightName, named } from '../engine/ask.ts';
import { type Hit, type LookedUp, lookUpMany, type Miss } from '../engine/lookup.ts';
import { toldCall } from '../engine/provider-call.ts';
import type { Reply } from '../engine/reply.ts';
import { beginGeneration } from '../engine/store-answer.ts';
import type { Recording } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { Provider } from '../flight/provider.ts';
import { bypass } from '../generate/bypass.ts';
import { generate } from '../generate/generate.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import { isJsonObject, type JsonObject, tryParseJson } from '../json.ts';
import { forgetError, rememberError, rememberedError } from '../negative/negative.ts';
import type { Parts } from '../protocol/contract.ts';
import { type BatchCall, batchCall } from './call.ts';
import { allKept, asItCame, assembled, type PartAnswer, refused } from './parts-reply.ts';

interface Part {
  readonly request: CacheRequest;
  readonly identity: Identity;
}

/**
 * Answers a request part by part.
 * @param identify identifies a part as if it had been asked alone.
 */
export async function askInParts(
  engine: Engine,
  ask: Ask,
  parts: Parts,
  identify: (request: CacheRequest) => Identity | undefined,
): Promise<Reply> {
  const { request } = ask;
  const body = parse(request.body);
  const taken = takenApart(request, parts.split(body) ?? [], identify);
  if (taken === undefined) return past(engine, ask);

  const identities = taken.map(({ identity }) => identity);
  const kept = await lookUpMany(engine, identities, request.upstream, request.directives);
  const found = await coverAll(engine, ask, kept);
  const hits = found.filter((one): one is Hit => one.kind === 'hit');
  if (hits.length === found.length) return wholly(engine, ask, parts, hits);

  const { error, looked } = await withoutError(engine, ask, identities, found);
  if (error !== undefined) return error;
  const misses = looked.filter((one): one is Miss => one.kind === 'miss');
  const reasons = misses.map(({ reason }) => reason);
  const reason = reasons.every((one) => one === reasons[0]) ? (reasons[0] ?? 'absent') : 'absent';
  observeMiss(engine, ask, reason);
  if (request.directives.onlyIfCached)
    throw new AskonceError('not_cached', `${misses.length} of ${looked.length} inputs are not kept`);

  ask.caller.signal?.throwIfAborted();

  const call = callFor(engine, ask, parts, body);
  const { position } = beginGeneration(engine);
  try {
    const answers = await Promise.all(
      taken.map((part, index) => answerPart(engine, ask, part, looked[index], call.part(index))),
    );
    const assemble = () => assembled(ask, parts, answers, reason);
    const refusal = refused(ask, answers);
    if (refusal === undefined) forgetError(engine, ask);
    else void rememberError(engine, ask, refusal, position);
    return refusal?.reply ?? joined(engine, assemble) ?? past(engine, ask);
  } catch (error) {
    if (!AskonceError.isInstance(error) || error.code !== 'answer_indivisible') throw error;
    const whole = call.whole(looked.length);
    return whole === undefined ? past(engine, ask) : asItCame(ask, whole);
  }
}

async function wholly(engine: Engine, ask: Ask, parts: Parts, hits: readonly Hit[]): Promise<Reply> {
  const reply = joined(engine, () => allKept(engine, ask, parts, hits));
  if (reply !== undefined) return reply;
  if (ask.request.directives.onlyIfCached)
    throw new AskonceError('not_cached', 'the inputs are kept, and cannot be joined to one answer');
  return past(engine, ask);
}

/** A remembered error of the whole request; without one, what was looked up, with all that has landed meanwhile. */
async function withoutError(
  engine: Engine,
  ask: Ask,
  identities: readonly Identity[],
  looked: readonly LookedUp[],
): Promise<{ readonly error: Reply | undefined; readonly looked: readonly LookedUp[] }> {
  const watches = identities.map((identity) => engine.flights.watch(flightName(identity)));
  const isInTrouble = looked.some((one) => one.kind === 'miss' && one.reason === 'store-trouble');
  const reason = isInTrouble ? 'store-trouble' : 'absent';
  const { reply: error } = await rememberedError(engine, ask, { landed: [], reason });
  for (const watch of watches) watch.stop();
  const upToDate = looked.map((one, index) =>
    one.kind === 'hit' ? one : { ...one, landed: [...one.landed, ...(watches[index]?.landed ?? [])] },
  );
  return { error, looked: upToDate };
}

function past(engine: Engine, { request, provider, requestId, caller }: Ask): Promise<Reply> {
  return bypass(engine, request, provider, 'unrepresentable', requestId, caller.signal);
}

/** Undefined where the parts make no whole: what answers one input well (a vector without a number) may be no part. */
function joined({ store, observe }: Engine, join: () => Reply): Reply | undefined {
  try {
    return join();
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown error';
    observe({ type: 'store-trouble', store: store.name, operation: 'get', message });
    return undefined;
  }
}

function observeMiss({ clock, observe }: Engine, ask: Ask, reason: Miss['reason']): void {
  observe({ ...named(ask), type: 'miss', reason, durationMs: clock.monotonic() - ask.started });
}

function parse(body: Uint8Array | string): JsonObject {
  const value = tryParseJson(typeof body === 'string' ? body : Buffer.from(body).toString('utf8'));
  return isJsonObject(value) ? value : {};
}

/** The parts, or undefined where they can't all be answered alone. */
function takenApart(
  request: CacheRequest,
  bodies: readonly JsonObject[],
  identify: (request: CacheRequest) => Identity | undefined,
): readonly Part[] | undefined {
  const taken: Part[] = [];
  for (const body of bodies) {
    const part: CacheRequest = { ...request, body: JSON.stringify(body) };
    const identity = identify(part);
    if (identity === undefined) return undefined;
    taken.push({ request: part, identity });
  }
  return taken.length === 0 ? undefined : taken;
}

function callFor(engine: Engine, ask: Ask, parts: Parts, body: JsonObject): BatchCall {
  const bodyFor = (indexes: readonly number[]) => parts.select(body, indexes);
  return batchCall({
    provider: ask.provider,
    form: ask.identity.form,
    requestFor: (indexes) => ({ ...ask.request, body: JSON.stringify(bodyFor(indexes)) }),
    divide: (answer, indexes) => parts.divide(answer, indexes.length, bodyFor(indexes)),
    tell: () => toldCall(engine, ask),
  });
}

/** A kept part as it is, any other through a flight of its own. */
async function answerPart(
  engine: Engine,
  ask: Ask,
  { request, identity }: Part,
  looked: LookedUp | undefined,
  provider: Provider,
): Promise<PartAnswer> {
  if (looked?.kind === 'hit') return { recording: looked.recording, reply: undefined };
  // What another part of the call did wrong is no answer to whoever waits for this part alone.
  const failsFor = `${ask.failsFor}#${ask.requestId}`;
  const part: Ask = { ...ask, request, identity, provider, failsFor, isPart: true };
  const reply = await generate(engine, part, looked ?? { kind: 'miss', reason: 'absent', landed: [] });
  return { recording: await recorded(reply, identity), reply };
}

async function recorded(reply: Reply, identity: Identity): Promise<Recording> {
  const pieces: Uint8Array[] = [];
  if (reply.body instanceof Uint8Array) pieces.push(reply.body);
  else for await (const piece of reply.body) pieces.push(piece);
  const contentType = reply.headers['content-type'];
  const headers = typeof contentType === 'string' ? { 'content-type': contentType } : {};
  return { form: identity.form, status: reply.status, headers, body: Buffer.concat(pieces) };
}
