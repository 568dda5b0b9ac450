/**
 * Requests to a hub: its token stays with the hub, redirects are few, and what goes wrong is said in a sentence.
 */
import { backOff, type Clock, pause } from '../../../../clock.ts';
import { AskonceError } from '../../../../errors.ts';

/** The part of `fetch` that a pull uses; the global one fits. It must not follow redirects. */
export type HubFetch = (url: string, init: HubInit) => Promise<HubAnswer>;

export interface HubInit {
  readonly method: 'GET';
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly redirect: 'manual';
}

export interface HubAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface HubConnection {
  /** Such as `https://huggingface.co`. */
  readonly endpoint: string;
  readonly token?: string | undefined;
  readonly fetch: HubFetch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The hub's own answer has headers that the store behind it, to which it redirects, lacks. */
export interface FoundFile {
  readonly answer: HubAnswer;
  readonly own: HubAnswer['headers'];
}

const mostRedirects = 5;
const mostAttempts = 6;
const backoffMs = { least: 500, most: 30_000 } as const;
const longestPauseMs = 60_000;

/** A failure after which another attempt may succeed. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure';
  readonly afterMs: number | undefined;

  constructor(message: string, afterMs?: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

export function pullFailed(message: string): AskonceError {
  return new AskonceError('semantic_failed', message);
}

/**
 * Runs `attempt` until it succeeds, fails for good, or has failed often enough.
 *
 * @param progress grows with what was received; a failure after some of it is the first one again
 * @throws AskonceError
 */
export async function attempted<Result>(
  { clock, signal }: HubConnection,
  attempt: () => Promise<Result>,
  progress: () => number = () => 0,
): Promise<Result> {
  let reached = progress();
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw pullFailed('The pull was ended; run it again to go on.');
      if (!(error instanceof PassingFailure)) throw error;
      if (progress() > reached) failures = 0;
      reached = progress();
      if (failures + 1 >= mostAttempts)
        throw pullFailed(`${error.message} ${mostAttempts} attempts failed; try again later.`);
      const waitMs = error.afterMs ?? backOff(failures, backoffMs.least, backoffMs.most);
      await pause(clock, Math.min(waitMs, longestPauseMs), signal).catch(() => {});
    }
  }
}

/** GET below the endpoint. @throws PassingFailure, AskonceError */
export async function get(
  hub: HubConnection,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<FoundFile> {
  const endpoint = new URL(hub.endpoint);
  let url = new URL(`${endpoint.origin}${endpoint.pathname.replace(/\/+$/, '')}${path}`);
  let own: HubAnswer['headers'] | undefined;
  for (let redirects = 0; ; redirects++) {
    const answer = await send(hub, url, endpoint.origin, headers);
    own ??= answer.headers;
    if (answer.status < 300 || answer.status > 399) return { answer: checked(answer, hub), own };
    await drop(answer);
    if (redirects >= mostRedirects)
      throw pullFailed(
        `The hub ${endpoint.origin} redirects more than ${mostRedirects} times; check HF_ENDPOINT.`,
      );
    url = nextOf(url, answer.headers.get('location'), endpoint);
  }
}

async function send(
  { token, fetch, signal }: HubConnection,
  url: URL,
  origin: string,
  headers: Readonly<Record<string, string>>,
): Promise<HubAnswer> {
  // The store to which a hub redirects has credentials in its URL, and must not get the hub's.
  const authorization =
    token !== undefined && url.origin === origin ? { authorization: `Bearer ${token}` } : {};
  try {
    return await fetch(url.href, {
      method: 'GET',
      headers: { 'accept-encoding': 'identity', 'user-agent': 'askonce', ...headers, ...authorization },
      signal,
      redirect: 'manual',
    });
  } catch {
    throw new PassingFailure(
      `The hub ${url.origin} cannot be reached; check the network, HF_ENDPOINT and the proxy.`,
    );
  }
}

function nextOf(from: URL, location: string | null, endpoint: URL): URL {
  const next = location === null ? null : URL.parse(location, from.href);
  const isSafe =
    next !== null &&
    (next.protocol === 'https:' || (next.protocol === 'http:' && endpoint.protocol === 'http:'));
  if (isSafe) return next;
  throw pullFailed(
    `The hub ${endpoint.origin} redirects to an address that is no https URL; check HF_ENDPOINT.`,
  );
}

function checked(answer: HubAnswer, { endpoint, token }: HubConnection): HubAnswer {
  const { status } = answer;
  if (status === 200 || status === 206) return answer;
  // It is not read, and its connection need not be kept.
  void drop(answer);
  const { origin } = new URL(endpoint);
  if (status === 401 || status === 403)
    throw pullFailed(
      `The hub ${origin} refuses the model (status ${status}); ${token === undefined ? 'set HF_TOKEN, if it is private or gated' : 'check HF_TOKEN, and that its owner has accepted the terms of the model'}.`,
    );
  if (status === 404)
    throw pullFailed(
      `The hub ${origin} has no such model, revision or file (status 404); check SEMANTIC_MODEL.`,
    );
  if (status === 416) throw new RangeRefused();
  const message = `The hub ${origin} answered with status ${status}.`;
  if (status === 429 || status === 408 || status >= 500)
    throw new PassingFailure(message, secondsOf(answer.headers.get('retry-after')));
  throw pullFailed(message);
}

/** What lies here already is longer than the file, or as long. */
export class RangeRefused extends Error {
  override readonly name = 'RangeRefused';
}

function secondsOf(retryAfter: string | null): number | undefined {
  const seconds = Number(retryAfter ?? '');
  return retryAfter !== null && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** Ends the connection of a body that is not read. */
async function drop({ body }: HubAnswer): Promise<void> {
  try {
    await body?.[Symbol.asyncIterator]().return?.();
  } catch {
    // It ends either way.
  }
}
