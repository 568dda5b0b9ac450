/**
 * Bypassing the cache: the provider's own answer, neither looked up nor recorded nor shared.
 */
import { passThrough } from '../body/pass-through.ts';
import { untilEnd } from '../body/until-end.ts';
import { unlessAborted } from '../clock.ts';
import { type Ask, namesIn, onAbort } from '../engine/ask.ts';
import { type Engine, isObserved } from '../engine/engine.ts';
import { type AnswerRead, type ReportedCall, reportCall, reportedCall } from '../engine/provider-call.ts';
import type { Reply } from '../engine/reply.ts';
import { asProviderError, type Provider, type ProviderAnswer } from '../flight/provider.ts';
import { type CacheRequest, type HeaderFields, languageOf } from '../identity/request.ts';
import { tag } from '../identity/tags.ts';
import type { BypassReason } from '../observe/causes.ts';
import type { RequestFacts } from '../observe/events.ts';
import { StreamWatch } from '../protocol/stream-watch.ts';
import { asksForStream } from './asks-for-stream.ts';
import type { Answer, Ending } from './closing.ts';
import { type PassedCopy, passedCopies } from './passed-copy.ts';

/** A request for the provider alone. */
interface Passage {
  readonly request: CacheRequest;
  readonly provider: Provider;
  readonly requestId: string;
  readonly signal: AbortSignal | undefined;
}

export interface Bypassing {
  /** Reports that a request bypasses the cache. */
  report(passage: Pick<Passage, 'request' | 'requestId'>, reason: BypassReason): void;
  /** The provider's answer to a request that was reported so. */
  answer(passage: Passage, reason: BypassReason): Promise<Reply>;
  /** The provider's answer to a request that was reported as a miss, and that no flight can answer after all. */
  answerMissed(ask: Ask, provider: Provider): Promise<Answer>;
}

/** @param credentialOf the credential of request headers, as an identity has it */
export function bypassing(
  engine: Engine,
  credentialOf: (protocol: string, headers: HeaderFields) => string,
): Bypassing {
  const { clock, digestTag, observe, protocols } = engine;
  const copies = passedCopies(engine);

  function tenantOf({ protocol, headers, context: { tenant } }: CacheRequest): string | undefined {
    if (tenant !== undefined) return digestTag(tag('tenant', tenant));
    return protocols.get(protocol) !== undefined ? credentialOf(protocol, headers) : undefined;
  }

  function factsOf({ request, requestId }: Pick<Passage, 'request' | 'requestId'>): RequestFacts {
    const { protocol, upstream, body, context } = request;
    return {
      // A sensitive request stays out of all that the cache keeps.
      ...(context.sensitive ? {} : { language: languageIn(context), ...namesIn(context) }),
      requestId,
      protocol,
      provider: upstream,
      subject: '',
      requestBytes: Buffer.byteLength(body),
      tenantDigest: tenantOf(request),
    };
  }

  function bypassCall(passage: Passage): ReportedCall {
    const facts = factsOf(passage);
    const streamed = isObserved(engine, 'provider-call') && asksForStream(passage.request);
    return reportedCall(engine, { cause: 'bypass', streamed }, (event) => observe({ ...facts, ...event }));
  }

  /** Asks the provider. `onOver` is called once, when the answer has ended, or its reader has left. */
  async function pass(
    { request, provider, requestId, signal }: Passage,
    reason: BypassReason,
    call: ReportedCall,
    onOver?: (ending: () => Ending) => void,
  ): Promise<Reply> {
    const abort = new AbortController();
    let isOver = false;
    let stopListening = () => {};
    let status: number | undefined;
    let copy: PassedCopy | undefined;
    const over = (report: () => void) => {
      if (isOver) return;
      isOver = true;
      stopListening();
      report();
    };
    const failed = (error: unknown, isAbandoned: boolean) =>
      over(() => {
        copy?.drop();
        call.failed(asProviderError(error, 'provider_broke_off'), isAbandoned);
        onOver?.(() => (isAbandoned ? { by: 'call', status } : { by: 'none' }));
      });
    stopListening = onAbort(signal, () => {
      abort.abort(signal?.reason);
      failed(signal?.reason, true);
    });
    try {
      const answer = await unlessAborted(provider(request, abort.signal), signal);
      status = answer.status;
      const isWanted = isObserved(engine, 'provider-answer') || isObserved(engine, 'answered');
      const passed = copies.begin(protocols.get(request.protocol), answer, isWanted);
      copy = passed;
      const leave = () => abort.abort(new Error('the answer has ended, and its connection has not'));
      const watch = watchOf(engine, request, answer);
      const pieces = watch === undefined ? answer.body : untilEnd(answer.body, watch, clock, leave);
      const ended = () =>
        over(() => {
          const read = () => passed.read(watch?.end);
          call.answered(answer.status, passed.bytes, read);
          if (onOver !== undefined && isObserved(engine, 'answered'))
            onOver(() => ({ by: 'call', status, ...usedIn(read()) }));
          else passed.drop();
        });
      return {
        status: answer.status,
        headers: answer.headers,
        body: passThrough(pieces, {
          passed: passed.push,
          left: () => abort.abort(),
          over(how) {
            if (how.kind === 'ended') ended();
            else if (how.kind === 'failed') failed(how.error, signal?.aborted === true);
            else failed(new Error('the reader has left'), true);
          },
          asError: (thrown) => asProviderError(thrown, 'provider_broke_off'),
        }),
        cacheStatus: { kind: 'forward', reason: 'bypass', detail: reason },
        sent: watch && (() => watch.sent()),
        requestId,
      };
    } catch (error) {
      const failure = asProviderError(error, 'provider_unreachable');
      failed(failure, signal?.aborted === true);
      throw signal?.aborted ? error : failure;
    }
  }

  return {
    report(passage, reason) {
      if (isObserved(engine, 'bypass')) observe({ ...factsOf(passage), type: 'bypass', reason });
    },
    answer: (passage, reason) => pass(passage, reason, bypassCall(passage)),
    async answerMissed(ask, provider) {
      const { request, requestId, caller } = ask;
      const { promise, resolve } = Promise.withResolvers<() => Ending>();
      const passage = { request, provider, requestId, signal: caller.signal };
      const reply = await pass(passage, 'unrepresentable', reportCall(engine, ask), resolve);
      return { reply, ending: async () => (await promise)() };
    },
  };
}

/** What of an answer its request is closed with. */
function usedIn({ usage, model }: AnswerRead): AnswerRead {
  return { usage, model };
}

/** The context of a request that bypasses the cache may never have been checked. */
function languageIn(context: CacheRequest['context']): string | undefined {
  try {
    return languageOf(context);
  } catch {
    return undefined;
  }
}

/** Watches an answer that is a stream in its protocol's own framing; another one that the request asked for is not known here. */
function watchOf(
  { protocols }: Pick<Engine, 'protocols'>,
  request: CacheRequest,
  answer: ProviderAnswer,
): StreamWatch | undefined {
  const protocol = protocols.get(request.protocol);
  return protocol?.framing.isStream(answer, undefined)
    ? new StreamWatch(protocol.framing, protocol)
    : undefined;
}
