/**
 * One provider call for several parts of a request: to each part's flight it looks like a call of its own.
 */
import type { Form, Recording } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import { asProviderError, type Provider, type ProviderAnswer } from '../flight/provider.ts';
import type { CacheRequest } from '../identity/request.ts';

export interface BatchPlan {
  readonly provider: Provider;
  readonly form: Form;
  /** The request for some of the parts, their indexes ascending. */
  readonly requestFor: (indexes: readonly number[]) => CacheRequest;
  /** Cuts a whole answer into one recording a part that was asked for, or says that it can't. */
  readonly divide: (answer: Recording, indexes: readonly number[]) => readonly Recording[] | undefined;
  /** Tells that a call is made, and then what it came to. */
  readonly tell: () => CallListener;
}

/** Told of a call: that it was made, and then what it came to. */
export interface CallListener {
  answered(status: number, bytes: number): void;
  failed(error: AskonceError): void;
}

export interface BatchCall {
  /**
   * The provider of the part at `index`. Parts that are asked for together are fetched together. Rejects with
   * AskonceError `answer_indivisible` where the answer holds another number of parts.
   */
  part(index: number): Provider;
  /** An answer that could not be taken apart, if it is the answer to `count` parts. */
  whole(count: number): WholeAnswer | undefined;
}

export interface WholeAnswer {
  readonly answer: ProviderAnswer;
  readonly body: Uint8Array;
}

/** Bytes of a batch's answer above which it isn't taken apart. */
const maxAnswerBytes = 64 * 1024 * 1024;

interface Round {
  readonly indexes: number[];
  readonly abort: AbortController;
  /** Parts whose flights have not been given up. */
  waiting: number;
}

interface Divided extends WholeAnswer {
  /** Undefined where it is an error, and so the answer to each part. */
  readonly parts: readonly Recording[] | undefined;
}

export function batchCall({ provider, form, requestFor, divide, tell }: BatchPlan): BatchCall {
  let gathering: { readonly round: Round; readonly answer: Promise<Divided> } | undefined;
  let indivisible: { readonly count: number; readonly whole: WholeAnswer } | undefined;

  async function depart(round: Round): Promise<Divided> {
    // All parts that have nobody to wait for ask before this goes on.
    await Promise.resolve();
    gathering = undefined;
    const indexes = round.indexes.sort((one, other) => one - other);
    const { answer, body } = await fetchWhole(provider, requestFor(indexes), round.abort.signal, tell);
    if (answer.status < 200 || answer.status > 299) return { answer, body, parts: undefined };
    const parts = divide({ form, status: answer.status, headers: {}, body }, indexes);
    if (parts?.length === indexes.length) return { answer, body, parts };
    indivisible = { count: indexes.length, whole: { answer, body } };
    throw new AskonceError(
      'answer_indivisible',
      'the provider did not answer one part for each part asked: ask for fewer, or one by one',
    );
  }

  function open() {
    const round: Round = { indexes: [], abort: new AbortController(), waiting: 0 };
    return { round, answer: depart(round) };
  }

  return {
    whole: (count) => (indivisible?.count === count ? indivisible.whole : undefined),
    part: (index) => async (_request, signal) => {
      gathering ??= open();
      const { round, answer: divided } = gathering;
      round.indexes.push(index);
      round.waiting++;
      // The call is given up when the last part's flight is.
      signal.addEventListener(
        'abort',
        () => {
          if (--round.waiting === 0) round.abort.abort(signal.reason);
        },
        { once: true },
      );
      const { answer, body, parts } = await divided;
      const own = parts?.[round.indexes.indexOf(index)];
      return { status: answer.status, headers: answer.headers, body: once(own?.body ?? body) };
    },
  };
}

/** Makes a call, tells of it, and reads all of its answer. */
export async function fetchWhole(
  provider: Provider,
  request: CacheRequest,
  signal: AbortSignal,
  tell: () => CallListener,
): Promise<WholeAnswer> {
  const call = tell();
  try {
    const answer = await provider(request, signal);
    const body = await collect(answer.body);
    call.answered(answer.status, body.length);
    return { answer, body };
  } catch (error) {
    const failure = asProviderError(error, 'provider_unreachable');
    call.failed(failure);
    throw failure;
  }
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of pieces) {
      length += piece.length;
      if (length > maxAnswerBytes)
        throw new AskonceError('provider_broke_off', 'the answer to a batch is over 64 MiB');
      all.push(piece);
    }
  } catch (error) {
    throw asProviderError(error, 'provider_broke_off');
  }
  return Buffer.concat(all);
}
