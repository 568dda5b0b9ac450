/**
 * Applications of Express on loopback, of both majors, and requests to them.
 */
import { once } from 'node:events';
import {
  request as ask,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import express5 from 'express';
import express4 from 'express-4';
import { onTestFinished, vi } from 'vitest';

export const majors = [
  ['Express 5', express5],
  ['Express 4', express4],
] as const;

/** Serves until the test has ended; resolves with the origin. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  readonly cacheStatus: string;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string;
}

/** A request on a connection of its own, by Node's client: it decodes nothing and adds no headers. */
export async function get(url: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answered> {
  const sent = ask(url, { method, headers, agent: false });
  sent.end(body);
  const [response] = await once(sent, 'response');
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  const whole = Buffer.concat(pieces);
  return {
    status: response.statusCode,
    headers: response.headers,
    body: whole,
    text: whole.toString(),
    cacheStatus: response.headers['cache-status'] ?? '',
  };
}

export function send(
  url: string,
  { json, headers, ...sent }: Omit<Sent, 'body'> & { readonly json?: unknown },
): Promise<Answered> {
  if (json === undefined) return get(url, { ...sent, headers });
  return get(url, {
    ...sent,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(json),
  });
}

export const isHit = ({ cacheStatus }: Pick<Answered, 'cacheStatus'>): boolean =>
  cacheStatus.includes('; hit');

/** A request whose body is read as it comes. */
export interface Follower {
  readonly head: Promise<IncomingMessage>;
  /** Resolves once the body so far is this text. */
  heard(text: string): Promise<void>;
  /** The whole body; rejects if it breaks off. */
  readonly whole: Promise<string>;
  hangUp(): void;
}

export function follow(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Follower {
  const sent = ask(url, { method, headers, agent: false });
  sent.end();
  let text = '';
  const head = once(sent, 'response').then(([response]): IncomingMessage => response);
  const whole = head.then(async (response) => {
    for await (const piece of response) text += String(piece);
    return text;
  });
  head.catch(() => {});
  whole.catch(() => {});
  return {
    head,
    whole,
    heard: (wanted) => vi.waitUntil(() => text === wanted, { timeout: 10_000, interval: 5 }).then(() => {}),
    hangUp: () => sent.destroy(),
  };
}
