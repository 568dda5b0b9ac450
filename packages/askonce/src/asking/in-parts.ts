/**
 * A request made of parts (a batch of embeddings): each part is looked up, fetched and kept on its own, and the
 * provider is asked once for all that nobody has.
 */
import type { Recording } from '../entry/recording.ts';
import { AskonceError } from '../errors.ts';
import type { Provider } from '../flight/provider.ts';
import { sharedCall, type WholeAnswer } from '../flight/shared-call.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import { isJsonObject, type JsonObject, tryParseJson } from '../json.ts';
import type { Parts } from '../protocol/contract.ts';
import type { CacheTold, Reply } from '../reply.ts';
import { type Ask, type House, named } from './ask.ts';
import { bypass } from './bypass.ts';
import { generate } from './generate.ts';
import { type Hit, type LookedUp, lookUpMany } from './lookup.ts';
import { sharedHeaders } from './reply-headers.ts';

/** What a part came to: a whole answer to it alone, or the provider's refusal. */
interface PartAnswer {
  readonly recording: Recording;
  readonly reply: Reply | undefined;
}

/**
 * Answers a request part by part.
 * @param identify identifies a part as if it had been asked alone.
 */
export async function askInParts(
  house: House,
  ask: Ask,
  parts: Parts,
  identify: (request: CacheRequest) => Identity | undefined,
): Promise<Reply> {
  const body = parse(ask.request.body);
  const requests = parts
    .split(body)
    ?.map((part): CacheRequest => ({ ...ask.request, body: JSON.stringify(part) }));
  const identities = requests?.map(identify);
  if (requests === undefined || !isWhole(identities)) {
    return bypass(house, ask.request, ask.provider, 'unrepresentable', ask.requestId, ask.signal);
  }
  const { upstream, directives } = ask.request;
  const looked = await lookUpMany(house, identities, upstream, directives);
  const hits = looked.filter((one): one is Hit => one.kind === 'hit');
  if (hits.length === looked.length) return joined(house, ask, parts, looked, hits);
  if (directives.onlyIfCached)
    throw new AskonceError(
      'not_cached',
      `${looked.length - hits.length} of ${looked.length} inputs are not kept`,
    );

  const missing = looked.flatMap((one, index) => (one.kind === 'miss' ? [index] : []));
  const asked = parts.select(body, missing);
  const selected: CacheRequest = { ...ask.request, body: JSON.stringify(asked) };
  const call = sharedCall(selected, ask.identity.form, ask.provider, (answer) =>
    parts.divide(answer, missing.length, asked),
  );
  try {
    const answers = await Promise.all(
      looked.map((one, index) =>
        answerPart(house, ask, call.part(missing.indexOf(index)), requests[index], identities[index], one),
      ),
    );
    const failed = answers.find(({ reply }) => reply !== undefined && reply.status > 299)?.reply;
    if (failed !== undefined)
      return { ...failed, told: { kind: 'forward', reason: 'miss' }, requestId: ask.requestId };
    return assembled(ask, parts, answers, hits.length);
  } catch (error) {
    if (!AskonceError.isInstance(error) || error.code !== 'answer_indivisible') throw error;
    const whole = missing.length === looked.length ? await call.whole() : undefined;
    return whole === undefined
      ? bypass(house, ask.request, ask.provider, 'unrepresentable', ask.requestId, ask.signal)
      : asItCame(ask, whole);
  }
}

/** An answer that can't be taken apart is passed on, and not kept. */
function asItCame(ask: Ask, { answer, body }: WholeAnswer): Reply {
  const told: CacheTold = { kind: 'forward', reason: 'miss', detail: 'indivisible' };
  return { status: answer.status, headers: answer.headers, body, told, requestId: ask.requestId };
}

function parse(body: Uint8Array | string): JsonObject {
  const value = tryParseJson(typeof body === 'string' ? body : Buffer.from(body).toString('utf8'));
  return isJsonObject(value) ? value : {};
}

function isWhole(
  identities: readonly (Identity | undefined)[] | undefined,
): identities is readonly Identity[] {
  return identities?.every((identity) => identity !== undefined) ?? false;
}

function joined(
  house: House,
  ask: Ask,
  parts: Parts,
  looked: readonly LookedUp[],
  hits: readonly Hit[],
): Reply {
  const { clock, observe } = house;
  const now = clock.now();
  const whole = parts.join(hits.map(({ recording }) => recording));
  const saved = hits.map(({ entry: { meta } }) =>
    meta.usage === undefined ? 0 : meta.usage.inputTokens + meta.usage.outputTokens,
  );
  observe({
    ...named(ask),
    type: 'hit',
    tier: hits[0]?.tier ?? house.store.name,
    fresh: hits.every(({ fresh }) => fresh),
    converted: hits.some(({ converted }) => converted),
    savedTokens: saved.reduce((sum, tokens) => sum + tokens, 0),
    durationMs: clock.monotonic() - ask.started,
  });
  return {
    status: whole.status,
    headers: sharedHeaders(ask.identity.protocol, whole.headers, ask.requestId),
    body: whole.body,
    told: {
      kind: 'hit',
      ttl: Math.ceil((Math.min(...hits.map(({ entry }) => entry.meta.staleAfter)) - now) / 1000),
      detail: `${hits.length}/${looked.length}`,
    },
    key: ask.identity.key,
    age: Math.max(0, Math.floor((now - Math.min(...hits.map(({ entry }) => entry.meta.refreshed))) / 1000)),
    requestId: ask.requestId,
  };
}

/** A kept part as it is, any other through a flight of its own. */
async function answerPart(
  house: House,
  ask: Ask,
  provider: Provider,
  request: CacheRequest | undefined,
  identity: Identity | undefined,
  looked: LookedUp,
): Promise<PartAnswer> {
  if (looked.kind === 'hit') return { recording: looked.recording, reply: undefined };
  if (request === undefined || identity === undefined) throw new TypeError('a part without a request');
  const reply = await generate(house, { ...ask, request, identity, provider }, looked);
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

function assembled(ask: Ask, parts: Parts, answers: readonly PartAnswer[], kept: number): Reply {
  const fetched = answers.flatMap(({ reply }) => (reply === undefined ? [] : [reply]));
  const whole = parts.join(answers.map(({ recording }) => recording));
  const told: CacheTold = {
    kind: 'forward',
    reason: 'miss',
    stored: fetched.every(({ told: one }) => one.kind === 'forward' && one.stored === true),
    collapsed: fetched.every(({ told: one }) => one.kind === 'forward' && one.collapsed === true),
    detail: `${kept}/${answers.length}`,
  };
  return {
    status: whole.status,
    headers: { ...fetched[0]?.headers, ...whole.headers },
    body: whole.body,
    told,
    key: ask.identity.key,
    requestId: ask.requestId,
  };
}
