/**
 * Sends requests to providers: persistent connections, time-outs, and new attempts if no connection was made.
 */
import type { Readable } from 'node:stream';
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { Agent, buildConnector } from 'undici';
import { providerFailure } from './failure.ts';
import { type PushedAnswer, sendPushed } from './pushed-answer.ts';

interface UpstreamRequest {
  readonly origin: string;
  /** Path with its raw query string. */
  readonly path: string;
  readonly method: string;
  /** By name, or as alternating names and values. */
  readonly headers: Record<string, string | string[]> | string[];
  /** A stream is sent once, and never retried. */
  readonly body: Uint8Array | string | Readable | null;
  readonly signal?: AbortSignal | undefined;
}

export interface UpstreamAnswer {
  readonly status: number;
  /** As received, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As received; ends with an error if the provider broke off. */
  readonly body: Readable;
}

export interface UpstreamClient {
  /** @throws AskonceError `provider_unreachable`, `provider_timeout` or `provider_broke_off`; the reason of `signal` once aborted. */
  send(request: UpstreamRequest): Promise<UpstreamAnswer>;
  /** As `send`, with a body that is pushed rather than read as a stream. */
  sendPushed(request: UpstreamRequest): Promise<PushedAnswer>;
  close(): Promise<void>;
}

export interface UpstreamLimits {
  readonly connectTimeoutMs: number;
  readonly connectRetries: number;
  readonly firstByteTimeoutMs: number;
  readonly betweenBytesTimeoutMs: number;
}

const maxAnswerHeaderBytes = 128 * 1024;

/** Waits between two attempts to connect, in milliseconds. */
const backoff = { initialDelay: 100, maxDelay: 2000 };

export function createUpstreamClient(limits: UpstreamLimits): UpstreamClient {
  // The only proof that no byte was sent is that the error came from connecting itself.
  const neverConnected = new WeakSet<Error>();
  const connect = buildConnector({ timeout: limits.connectTimeoutMs, allowH2: false });
  const agent = new Agent({
    allowH2: false,
    connect: (options, callback) =>
      connect(options, (...result) => {
        if (result[0] !== null) neverConnected.add(result[0]);
        callback(...result);
      }),
    headersTimeout: limits.firstByteTimeoutMs,
    bodyTimeout: limits.betweenBytesTimeoutMs,
    maxHeaderSize: maxAnswerHeaderBytes,
  });
  const hasNotConnected = (error: unknown): error is Error =>
    error instanceof Error && neverConnected.has(error);
  const again = retry(
    handleWhen(hasNotConnected),
    // Entered only after an attempt has failed, so its own first attempt is the first retry.
    { maxAttempts: limits.connectRetries - 1, backoff: new ExponentialBackoff(backoff) },
  );

  async function asStream({ signal, ...options }: UpstreamRequest): Promise<UpstreamAnswer> {
    const answer = await agent.request({ ...options, signal: signal ?? null });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }

  const pushed = ({ signal, ...options }: UpstreamRequest) =>
    sendPushed(agent, options, signal, (error) => providerFailure(error, 'answering', options.origin));

  async function attempted<Answer>(
    request: UpstreamRequest,
    send: (request: UpstreamRequest) => Promise<Answer>,
  ): Promise<Answer> {
    const isSentOnce = limits.connectRetries === 0 || isStream(request.body);
    try {
      return await send(request).catch((error: unknown) => {
        if (isSentOnce || !hasNotConnected(error)) throw error;
        return again.execute(() => send(request), request.signal);
      });
    } catch (error) {
      if (request.signal?.aborted) throw error;
      const phase = hasNotConnected(error) ? 'connecting' : 'waiting';
      throw providerFailure(error, phase, request.origin);
    }
  }

  return {
    send: (request) => attempted(request, asStream),
    sendPushed: (request) => attempted(request, pushed),
    close: () => agent.destroy(),
  };
}

function isStream(body: UpstreamRequest['body']): boolean {
  return typeof body === 'object' && body !== null && 'pipe' in body;
}
