/**
 * One provider call for several parts of a request: to each part's flight it looks like a call of its own.
 */
import { inOnePiece } from '../body/in-one-piece.ts';
import type { Engine } from '../engine/engine.ts';
import type { ReportedCall } from '../engine/provider-call.ts';
import { assessed } from '../engine/read-by-protocol.ts';
import { type Form, isSuccess, type Recording } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import { asProviderError, type Provider, type ProviderAnswer } from '../flight/provider.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { Assessment, Protocol } from '../protocol/contract.ts';

export interface BatchPlan {
  readonly provider: Provider;
  readonly form: Form;
  /** The request for some of the parts, their indexes ascending. */
  readonly requestFor: (indexes: readonly number[]) => CacheRequest;
  /** Divides a complete answer into one recording for each part that was asked for; undefined if it can't. */
  readonly divide: (answer: Recording, indexes: readonly number[]) => readonly Recording[] | undefined;
  /** How many parts an answer has; undefined if that can't be read. */
  readonly count: (answer: Recording) => number | undefined;
  /** Whether the provider's answers are known not to show which part belongs to which input. */
  readonly isUnclear: () => boolean;
  /** Called when such an answer has come. */
  readonly onUnclear: () => void;
  /** Reports that a call is made, and then what came of it. */
  readonly report: () => ReportedCall;
  /** Reads the usage of a whole answer. */
  readonly assess: (whole: AnswerWithBody) => Assessment | undefined;
}

export interface BatchCall {
  /**
   * The provider of the part at `index`. Parts that are asked for together are fetched together. Rejects with
   * AskonceError `answer_indivisible` if the answer holds another number of parts, or does not show which part belongs
   * to which input.
   */
  part(index: number): Provider;
  /** An answer that could not be divided, if it is the answer to `count` parts. */
  whole(count: number): WholeAnswer | undefined;
  /** What each answer so far was found to hold. */
  readonly held: readonly WholeAnswer['held'][];
}

export interface AnswerWithBody {
  readonly answer: ProviderAnswer;
  readonly body: Uint8Array;
}

export interface WholeAnswer extends AnswerWithBody {
  /** What it was found to hold; read once, if at all. */
  readonly held: () => Assessment | undefined;
}

/** Bytes of a batch's answer above which it isn't divided. */
const maxAnswerBytes = 64 * 1024 * 1024;

interface Round {
  readonly indexes: number[];
  readonly abort: AbortController;
  /** Parts whose flights have not been cancelled. */
  waiting: number;
}

interface Divided extends AnswerWithBody {
  /** Undefined if it is an error, and so the answer to each part. */
  readonly parts: readonly Recording[] | undefined;
}

export function batchCall(plan: BatchPlan): BatchCall {
  const { provider, form, requestFor, report, assess } = plan;
  let collecting: { readonly round: Round; readonly answer: Promise<Divided> } | undefined;
  const held: WholeAnswer['held'][] = [];
  let indivisible: { readonly count: number; readonly whole: WholeAnswer } | undefined;

  async function send(round: Round): Promise<Divided> {
    // All parts that find no flight to follow ask before this goes on.
    await Promise.resolve();
    collecting = undefined;
    if (plan.isUnclear()) throw indivisibleAnswer();
    const indexes = round.indexes.sort((one, other) => one - other);
    const whole = await fetchWhole(provider, requestFor(indexes), round.abort.signal, report, assess);
    const { answer, body } = whole;
    held.push(whole.held);
    if (!isSuccess(answer)) return { answer, body, parts: undefined };
    const recording = recordingOf({ answer, body }, form);
    const parts = plan.divide(recording, indexes);
    if (parts?.length === indexes.length) return { answer, body, parts };
    indivisible = { count: indexes.length, whole };
    if (plan.count(recording) === indexes.length) plan.onUnclear();
    throw indivisibleAnswer();
  }

  function open() {
    const round: Round = { indexes: [], abort: new AbortController(), waiting: 0 };
    return { round, answer: send(round) };
  }

  return {
    held,
    whole: (count) => (indivisible?.count === count ? indivisible.whole : undefined),
    part: (index) => async (_request, signal) => {
      collecting ??= open();
      const { round, answer: divided } = collecting;
      round.indexes.push(index);
      round.waiting++;
      // The call is cancelled with the last part's flight.
      signal.addEventListener(
        'abort',
        () => {
          if (--round.waiting === 0) round.abort.abort(signal.reason);
        },
        { once: true },
      );
      const { answer, body, parts } = await divided;
      const own = parts?.[round.indexes.indexOf(index)];
      return answerWith({ answer, body: own?.body ?? body });
    },
  };
}

function indivisibleAnswer(): AskonceError {
  return new AskonceError(
    'answer_indivisible',
    'The provider did not return one part for each input; send fewer inputs at once, or one at a time.',
  );
}

/** Makes a call, reports it, and reads all of its answer. */
export async function fetchWhole(
  provider: Provider,
  request: CacheRequest,
  signal: AbortSignal,
  report: () => ReportedCall,
  assess: (whole: AnswerWithBody) => Assessment | undefined,
): Promise<WholeAnswer> {
  const call = report();
  try {
    const answer = await provider(request, signal);
    const body = await collect(answer.body);
    let read: { readonly held: Assessment | undefined } | undefined;
    const held = () => {
      read ??= { held: assess({ answer, body }) };
      return read.held;
    };
    call.answered(answer.status, body.length, held);
    return { answer, body, held };
  } catch (error) {
    const failure = asProviderError(error, 'provider_unreachable');
    call.failed(failure);
    throw failure;
  }
}

/** Reads a batch's answer by its protocol, for the report of its call. */
export function assessedBy(engine: Pick<Engine, 'finishWords'>, protocol: Protocol, form: Form) {
  return (whole: AnswerWithBody): Assessment | undefined =>
    assessed(engine, protocol, recordingOf(whole, form));
}

/** As the protocol reads it. */
export function recordingOf({ answer, body }: AnswerWithBody, form: Form): Recording {
  return { form, status: answer.status, headers: {}, body };
}

/** As a provider would have given it. */
export function answerWith({ answer: { status, headers }, body }: AnswerWithBody): ProviderAnswer {
  return { status, headers, body: inOnePiece(body) };
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of pieces) {
      length += piece.length;
      if (length > maxAnswerBytes)
        throw new AskonceError(
          'provider_broke_off',
          'The answer to the batch is larger than 64 MiB; send fewer inputs at once.',
        );
      all.push(piece);
    }
  } catch (error) {
    throw asProviderError(error, 'provider_broke_off');
  }
  return Buffer.concat(all);
}
