/**
 * Sends requests to providers: persistent connections, time-outs, and new attempts if no connection was made.
 */
import type { Readable } from 'node:stream';
import { createEgress, type EgressSettings, headersByName, type Way } from './egress.ts';
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

export interface UpstreamLimits extends EgressSettings {
  readonly connectRetries: number;
}

/** Waits between two attempts to connect, in milliseconds. */
const backoff = { initialDelay: 100, maxDelay: 2000 };

export function createUpstreamClient(limits: UpstreamLimits): UpstreamClient {
  const egress = createEgress(limits);
  const { hasNotConnected } = egress;
  /** Tries again after `error`. Loaded with the first failure: most gateways connect at once. */
  async function again<Answer>(
    send: () => Promise<Answer>,
    error: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    // Where no file can be opened either, the caller learns of the connection all the same.
    const loaded = await import('cockatiel').catch(() => undefined);
    if (loaded === undefined) throw error;
    const { ExponentialBackoff, handleWhen, retry } = loaded;
    const policy = retry(
      handleWhen(hasNotConnected),
      // Entered only after an attempt has failed, so its own first attempt is the first retry.
      { maxAttempts: limits.connectRetries - 1, backoff: new ExponentialBackoff(backoff) },
    );
    return policy.execute(send, signal);
  }

  async function asStream(
    { signal, ...options }: UpstreamRequest,
    { dispatcher }: Way,
  ): Promise<UpstreamAnswer> {
    const answer = await dispatcher.request({ ...options, signal: signal ?? null });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }

  const pushed = ({ signal, ...options }: UpstreamRequest, { dispatcher, proxy }: Way) =>
    sendPushed(dispatcher, options, signal, (error) =>
      providerFailure(error, 'answering', options.origin, proxy),
    );

  async function attempted<Answer>(
    request: UpstreamRequest,
    send: (request: UpstreamRequest, way: Way) => Promise<Answer>,
  ): Promise<Answer> {
    const way = egress.wayTo(request.origin);
    const sent = way.proxy === undefined ? request : { ...request, headers: headersByName(request.headers) };
    const isSentOnce = limits.connectRetries === 0 || isStream(request.body);
    try {
      return await send(sent, way).catch((error: unknown) => {
        if (isSentOnce || !hasNotConnected(error)) throw error;
        return again(() => send(sent, way), error, request.signal);
      });
    } catch (error) {
      if (request.signal?.aborted) throw error;
      const phase = hasNotConnected(error) ? 'connecting' : 'waiting';
      throw providerFailure(error, phase, request.origin, way.proxy);
    }
  }

  return {
    send: (request) => attempted(request, asStream),
    sendPushed: (request) => attempted(request, pushed),
    close: () => egress.close(),
  };
}

function isStream(body: UpstreamRequest['body']): boolean {
  return typeof body === 'object' && body !== null && 'pipe' in body;
}
