/**
 * A window of time in which different requests that can be asked as one are gathered, and then asked in one call.
 *
 * What is wrong with one of them is not blamed on the others: where the provider refuses the call for what is in it,
 * or its answer can't be cut, each is asked alone.
 */
import type { Clock } from '../clock.ts';
import type { Form } from '../entry/recording.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { JsonObject } from '../json.ts';
import type { Protocol } from '../protocol/contract.ts';
import { type CallListener, fetchWhole, once, type WholeAnswer } from './batch-call.ts';
import { isSuccess } from './flight.ts';
import type { Provider, ProviderAnswer } from './provider.ts';

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
