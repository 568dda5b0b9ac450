/**
 * A window of time in which different requests that can be asked as one are gathered, and then asked in one call.
 *
 * What is wrong with one of them is not blamed on the others: where the provider refuses the call for what is in it,
 * or its answer can't be cut, each is asked alone.
 */
import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/ask.ts';
import { toldCall } from '../engine/provider-call.ts';
import type { Form } from '../entry/entry.ts';
import { isSuccess } from '../flight/flight.ts';
import type { Provider, ProviderAnswer } from '../flight/provider.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import { isJsonObject, type JsonObject, tryParseJson } from '../json.ts';
import type { Protocol } from '../protocol/contract.ts';
import { commonHeaders, headerRules } from '../protocol/headers.ts';
import { type CallListener, fetchWhole, once, type WholeAnswer } from './call.ts';

/** OpenAI's limit on the inputs of one request. */
const maxRequests = 2048;
/**
 * Bytes of request bodies in one call. A token is a byte at least, and OpenAI takes 300 000 of them in one request.
 */
const maxBytes = 256 * 1024;

export interface LoneCall {
  readonly provider: Provider;
  readonly request: CacheRequest;
  readonly signal: AbortSignal;
  /** Tells that a call is made, and then what it came to. */
  readonly tell: () => CallListener;
}

export interface GatheredCall extends LoneCall {
  /** Calls of one group can be asked as one. */
  readonly group: string;
  readonly body: JsonObject;
  readonly form: Form;
  readonly protocol: Protocol;
}

interface Place extends GatheredCall {
  answer(answer: ProviderAnswer | Promise<ProviderAnswer>): void;
}

interface Gathering {
  places: Place[];
  bytes: number;
  readonly close: () => void;
}

export class BatchWindow {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #gatherings = new Map<string, Gathering>();

  constructor(windowMs: number, clock: Clock) {
    this.#windowMs = windowMs;
    this.#clock = clock;
  }

  /** Asks with those who come within the window. */
  join(call: GatheredCall): Promise<ProviderAnswer> {
    const { promise, resolve } = Promise.withResolvers<ProviderAnswer>();
    const { group, signal } = call;
    const bytes = Buffer.byteLength(call.request.body);
    const full = this.#gatherings.get(group);
    if (full !== undefined && full.bytes + bytes > maxBytes) this.#depart(group, full);
    const gathering = this.#gatherings.get(group) ?? this.#open(group);
    const place: Place = { ...call, answer: resolve };
    gathering.places.push(place);
    gathering.bytes += bytes;
    signal.addEventListener('abort', () => this.#leave(group, gathering, place), { once: true });
    if (gathering.places.length === maxRequests || gathering.bytes >= maxBytes)
      this.#depart(group, gathering);
    return promise;
  }

  /** Asks at once, and alone. */
  async alone({ provider, request, signal, tell }: LoneCall): Promise<ProviderAnswer> {
    return answerWith(await fetchWhole(provider, request, signal, tell));
  }

  #open(group: string): Gathering {
    const close = this.#clock.schedule(() => this.#depart(group, gathering), this.#windowMs);
    const gathering: Gathering = { places: [], bytes: 0, close };
    this.#gatherings.set(group, gathering);
    return gathering;
  }

  #leave(group: string, gathering: Gathering, place: Place): void {
    if (this.#gatherings.get(group) !== gathering) return;
    gathering.places = gathering.places.filter((other) => other !== place);
    gathering.bytes -= Buffer.byteLength(place.request.body);
    if (gathering.places.length > 0) return;
    gathering.close();
    this.#gatherings.delete(group);
  }

  #depart(group: string, gathering: Gathering): void {
    gathering.close();
    this.#gatherings.delete(group);
    const { places } = gathering;
    const [first] = places;
    if (first === undefined) return;
    const body =
      places.length === 1 ? undefined : first.protocol.parts?.merge(places.map((place) => place.body));
    if (body === undefined) this.#askAlone(places);
    else void this.#askTogether(first, places, body);
  }

  #askAlone(places: readonly Place[]): void {
    for (const place of places) place.answer(this.alone(place));
  }

  async #askTogether(first: Place, places: readonly Place[], body: JsonObject): Promise<void> {
    try {
      const request = { ...first.request, body: JSON.stringify(body) };
      const whole = await fetchWhole(first.provider, request, unlessAllLeave(places), first.tell);
      const answers = cut(whole, first, places.length, body);
      if (answers === undefined) this.#askAlone(places);
      else for (const [index, place] of places.entries()) place.answer(answers[index] ?? this.alone(place));
    } catch (error) {
      for (const place of places) place.answer(Promise.reject(error));
    }
  }
}

/** The answer to each; undefined where each is to be asked alone. */
function cut(
  whole: WholeAnswer,
  { protocol, form }: Place,
  count: number,
  asked: JsonObject,
): readonly ProviderAnswer[] | undefined {
  const { answer, body } = whole;
  const { status, headers } = answer;
  if (!isSuccess(answer)) {
    const kind = protocol.errorKind?.({ status, headers, body });
    // What is not about the requests is the answer to each of them.
    return kind === 'deterministic' ? undefined : Array.from({ length: count }, () => answerWith(whole));
  }
  const parts = protocol.parts?.divide({ form, status, headers: {}, body }, count, asked);
  return parts?.map((part) => answerWith({ answer, body: part.body }));
}

function answerWith({ answer: { status, headers }, body }: WholeAnswer): ProviderAnswer {
  return { status, headers, body: once(body) };
}

/** Aborts when nobody waits any more. */
function unlessAllLeave(places: readonly Place[]): AbortSignal {
  const abort = new AbortController();
  let waiting = places.length;
  for (const { signal } of places) {
    signal.addEventListener(
      'abort',
      () => {
        if (--waiting === 0) abort.abort(signal.reason);
      },
      { once: true },
    );
  }
  return abort.signal;
}

/* MERGED gathered.ts:
 * Requests that are gathered for a moment, to be asked in one call (`batchWindowMs`).
 */
interface Single {
  readonly identity: Identity;
  readonly request: CacheRequest;
  readonly requestId: string;
  readonly provider: Provider;
}

/** Whether calls for such requests are gathered; then whoever makes the call tells of it. */
export function isGathered({ settings }: Engine, { protocol, parts }: Identity): boolean {
  return settings.batchWindowMs > 0 && protocol.parts !== undefined && parts === 1;
}

/** The provider of a request whose calls are gathered. */
export function gathered(engine: Engine, single: Single): Provider {
  const { identity, provider } = single;
  const tell = () => toldCall(engine, single);
  return (request, signal) => {
    const text = typeof request.body === 'string' ? request.body : Buffer.from(request.body).toString('utf8');
    const body = tryParseJson(text);
    const { protocol, form } = identity;
    const common = isJsonObject(body) ? protocol.parts?.common(body) : undefined;
    if (!isJsonObject(body) || common === undefined)
      return engine.window.alone({ provider, request, signal, tell });
    const { upstream, route, query } = request;
    return engine.window.join({
      group: JSON.stringify([identity.credential, upstream, route, query, headersOf(single), common]),
      request,
      body,
      form,
      protocol,
      provider,
      signal,
      tell,
    });
  };
}

/** The headers that count; who calls is told by the credential's digest. */
function headersOf({ identity, request }: Single): readonly (readonly [string, unknown])[] {
  const rule = headerRules(identity.protocol.headers, commonHeaders);
  return Object.entries(request.headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => rule(name) === 'counts')
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
