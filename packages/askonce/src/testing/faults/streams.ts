/**
 * Faults in streams that are well framed, or endless.
 */
import type { ServerResponse } from 'node:http';
import { errorEvent, streamOf, wholeStream } from './answers.ts';
import { deliver, type FaultAct, hangUp } from './wire.ts';

export const streamFaults = {
  /** No fault: a complete stream, whatever form the request asks for. */
  'whole-stream': async ({ request, response }) => {
    await send(response, wholeStream(request));
    response.end();
  },
  /** A few words, the protocol's error event, and an orderly end. */
  'error-in-stream': async ({ request, response }) => {
    const { opening, words } = streamOf(request);
    await send(response, [...opening, ...words.slice(0, 3), errorEvent(request)]);
    response.end();
  },
  /** A few words and an orderly end, without the events that complete the answer. */
  'unfinished-stream': async ({ request, response }) => {
    const { opening, words } = streamOf(request);
    await send(response, [...opening, ...words.slice(0, 3)]);
    response.end();
  },
  /** An orderly end in the middle of an event. */
  'half-event': async ({ request, response }) => {
    const { opening, words } = streamOf(request);
    await send(response, [...opening, ...words.slice(0, 3), (words[3] ?? '').slice(0, 20)]);
    response.end();
  },
  /** One event with invalid JSON among valid ones. */
  'invalid-event': async ({ request, response }) => {
    await send(response, wholeStream(request).toSpliced(3, 0, 'data: {oops\n\n'));
    response.end();
  },
  /** `content-type: text/event-stream` and an empty body. */
  'empty-stream': async ({ response }) => {
    await send(response, []);
    response.end();
  },
  /** A complete stream of 10 MB, 64 KB a word. */
  'stream-10-mb': async ({ request, response }) => {
    const { opening, word, ending } = streamOf(request);
    const text = 'a'.repeat(64 * 1024);
    const count = 160;
    await send(response, opening);
    for (let index = 0; index < count && !response.destroyed; index++) {
      await deliver(response, word(text, index));
    }
    await send(response, ending(text.repeat(count), count));
    response.end();
  },
  /** Endless words, up to the provider's `endlessBytes`; then the connection is closed. */
  'endless-stream': async ({ request, response, endlessBytes }) => {
    const { opening, word } = streamOf(request);
    await send(response, opening);
    let index = 0;
    for (let sent = 0; sent < endlessBytes && !response.destroyed; ) {
      const events = Array.from({ length: 64 }, () => word(' and so on', index++)).join('');
      await deliver(response, events);
      sent += events.length;
    }
    hangUp(response);
  },
  /** One endless event, whose line is never closed. Bounded as `endless-stream` is. */
  'endless-event': async ({ response, endlessBytes }) => {
    const block = 'a'.repeat(64 * 1024);
    await send(response, ['data: "']);
    for (let sent = 0; sent < endlessBytes && !response.destroyed; sent += block.length) {
      await deliver(response, block);
    }
    hangUp(response);
  },
  /** A complete stream, byte by byte. */
  'trickled-stream': async ({ request, response }) => {
    await send(response, []);
    for (const byte of Buffer.from(wholeStream(request).join(''))) {
      if (response.destroyed) return;
      await deliver(response, Uint8Array.of(byte));
    }
    response.end();
  },
} as const satisfies Record<string, FaultAct>;

async function send(response: ServerResponse, events: readonly string[]): Promise<void> {
  if (!response.headersSent) response.setHeader('content-type', 'text/event-stream; charset=utf-8');
  for (const event of events) await deliver(response, event);
}
