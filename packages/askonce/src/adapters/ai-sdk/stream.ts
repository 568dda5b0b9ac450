/**
 * `doStream` behind the cache.
 */
import { inOnePiece } from '../../body/in-one-piece.ts';
import type { Provider } from '../../flight/provider.ts';
import { jsonLines } from '../../protocol/framings/json-lines.ts';
import type { AskModel } from './ask.ts';
import { carriedBy, carrying, errorOfReply, failureAnswer } from './failure.ts';
import type { HeldValues } from './held.ts';
import { partsOf, writePart } from './parts.ts';
import { bodyOf, isOwnAnswer, type ModelReply, withMetadata } from './reply.ts';
import type { LanguageCall, StreamPart, StreamResult } from './types.ts';

export async function streamed(
  ask: AskModel,
  call: LanguageCall,
  held: HeldValues,
  doStream: (call: LanguageCall) => PromiseLike<StreamResult>,
): Promise<StreamResult> {
  let own: Omit<StreamResult, 'stream'> | undefined;
  const provider: Provider = async (_request, abortSignal) => {
    let result: StreamResult;
    try {
      result = await doStream({ ...call, abortSignal });
    } catch (error) {
      return failureAnswer(error, held);
    }
    const { stream, ...rest } = result;
    own = rest;
    return {
      status: 200,
      headers: { 'content-type': jsonLines.contentType },
      body: linesOf(stream, held),
    };
  };
  const reply = await ask(provider);
  if (reply.status >= 400) throw errorOfReply(reply, await bodyOf(reply), held);
  // What was sent, and the HTTP response, are the call's own: nothing of them is stored.
  return { ...(isOwnAnswer(reply) ? own : undefined), stream: streamOf(reply, call.abortSignal, held) };
}

// Not a generator: that would cancel the model's stream only after the part that it waits for has come.
function linesOf(
  stream: StreamResult['stream'],
  held: HeldValues,
): AsyncIterableIterator<Uint8Array, undefined> {
  const reader = stream.getReader();
  // Of no effect on a stream that has ended.
  const cancel = () => reader.cancel().catch(() => {});
  return {
    async next() {
      try {
        const { done, value } = await reader.read();
        return done
          ? { done: true, value: undefined }
          : { done: false, value: Buffer.from(writePart(value, held)) };
      } catch (error) {
        void cancel();
        throw carrying(error);
      }
    },
    async return() {
      void cancel();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Delivers as fast as it is read; cancelling it leaves the flight at once, also while a part is awaited. */
function streamOf(
  reply: ModelReply,
  signal: AbortSignal | undefined,
  held: HeldValues,
): ReadableStream<StreamPart> {
  const { body } = reply;
  const pieces = (body instanceof Uint8Array ? inOnePiece(body) : body)[Symbol.asyncIterator]();
  const parts = partsOf({ [Symbol.asyncIterator]: () => pieces }, held);
  return new ReadableStream({
    async pull(controller) {
      try {
        signal?.throwIfAborted();
        const { done, value } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(withCacheStatus(value, reply));
      } catch (error) {
        controller.error(carriedBy(error));
      }
    },
    async cancel() {
      await pieces.return?.();
      await parts.return(undefined);
    },
  });
}

function withCacheStatus(part: StreamPart, reply: ModelReply): StreamPart {
  if (part.type !== 'finish') return part;
  return { ...part, providerMetadata: withMetadata(part.providerMetadata, reply) };
}
