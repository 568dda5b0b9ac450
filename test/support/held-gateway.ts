/**
 * A gateway whose provider is held back until a test lets it answer.
 */
import { type RecordedAnswer, type SeenRequest, startRecordedProvider } from 'askonce/testing';
import { onTestFinished } from 'vitest';
import type { GatewaySettingsInput } from '../../packages/gateway/src/index.ts';
import { completion, events } from './chat.ts';
import { type Gates, gates } from './gates.ts';
import { cacheStatusHeader, startTestGateway } from './gateway.ts';
import { type Listener, listen } from './listener.ts';
import { question } from './questions.ts';

export const path = '/v1/chat/completions';
export const words = Array.from({ length: 60 }, (_, index) => `word ${index} `);
export const pieces = events(words, { usage: true });
export const streamed = Buffer.from(pieces.join(''));
/** After each event. */
const cuts = pieces.map((_, index) => Buffer.byteLength(pieces.slice(0, index + 1).join('')));
/** Bytes of the first `count` events. */
export const bytesOf = (count: number) => cuts[count - 1] ?? 0;

const eventStream = { 'content-type': 'text/event-stream; charset=utf-8' };

/** The whole stream, event by event, each behind a gate of its own; the last gate is before the end. */
export function heldStream(held: Gates): RecordedAnswer {
  return { body: streamed, headers: eventStream, cuts, pauseBeforePiece: (index) => held.wait(index) };
}

/** A whole body, behind one gate. */
export function heldBody(held: Gates, body = completion()): RecordedAnswer {
  return { body: Buffer.from(body), pauseBefore: held.wait(0) };
}

export const all = Number.POSITIVE_INFINITY;

export async function setUpHeld(
  answer: (request: SeenRequest) => RecordedAnswer,
  settings: GatewaySettingsInput = {},
) {
  const provider = await startRecordedProvider({ answer });
  const gateway = await startTestGateway(provider.url, settings);
  onTestFinished(async () => {
    await provider.close();
    await gateway.remove();
  });
  return {
    provider,
    gateway,
    listen: (body: string, headers?: Record<string, string>) => listen(gateway.url + path, body, headers),
  };
}

export const plain = question('openai-chat', 'body', 'What is held?').body;
export const stream = question('openai-chat', 'stream+usage', 'What is held?').body;

export function collapsed(listeners: readonly Listener[]): Promise<boolean[]> {
  return Promise.all(
    listeners.map(async ({ head }) => cacheStatusHeader(await head) === 'askonce; fwd=miss; collapsed'),
  );
}

export function gatesOpen(): Gates {
  const open = gates();
  open.open(all);
  return open;
}
