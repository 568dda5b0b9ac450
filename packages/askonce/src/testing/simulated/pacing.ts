/**
 * Sends answers at the pace of a model.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { SimulatedAnswer } from './answer.ts';

/** How long the simulated model takes. */
export interface Latency {
  /** Milliseconds before the first token. Default 0. */
  readonly firstTokenMs?: number;
  /** Milliseconds for each further token. Default 0. */
  readonly perTokenMs?: number;
}

/** Waits and sends; stops when the caller leaves. Status and headers are already set. */
export async function sendPaced(
  answer: SimulatedAnswer,
  response: ServerResponse,
  { firstTokenMs = 0, perTokenMs = 0 }: Latency,
  clock: Clock,
): Promise<void> {
  const pause = (ms: number) => paused(response, ms, clock);
  if (answer.form === 'body') {
    await pause(firstTokenMs + Math.max(0, answer.tokens - 1) * perTokenMs);
    const body = Buffer.from(JSON.stringify(answer.body));
    response.setHeader('content-type', 'application/json');
    response.setHeader('content-length', body.length);
    response.end(body);
    return;
  }
  response.setHeader('content-type', 'text/event-stream; charset=utf-8');
  response.setHeader('cache-control', 'no-cache');
  response.flushHeaders();
  let first = true;
  for (const { text, token } of answer.events) {
    if (token) {
      await pause(first ? firstTokenMs : perTokenMs);
      first = false;
    }
    if (response.destroyed) return;
    if (!response.write(text)) await drained(response);
  }
  response.end();
}

/** Does not wait for 0 ms; ends early when the caller leaves. */
function paused(response: ServerResponse, ms: number, clock: Clock): Promise<void> {
  if (ms <= 0 || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      response.removeListener('close', end);
      resolve();
    };
    const cancel = clock.schedule(end, ms);
    response.once('close', end);
  });
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      response.removeListener('drain', end);
      response.removeListener('close', end);
      resolve();
    };
    response.once('drain', end);
    response.once('close', end);
  });
}
