/**
 * Makes admin calls of a running gateway, each by its row in the table of admin calls: what it takes is typed by the row,
 * and what the gateway answers is parsed by the row's own schema.
 */
import { AskonceError, type Clock, systemClock } from 'askonce';
import { z } from 'zod';
import type { CallableRoute } from '../admin/route.ts';
import { answerIn } from './answer.ts';
import { mismatched, refusedBy, unreachable } from './failures.ts';
import type { AdminTarget, RoleKey } from './target.ts';

/** Parameters by name. A list repeats the parameter. */
type Given<QueryInput> = {
  readonly [Name in keyof QueryInput & string]?: string | number | readonly string[] | undefined;
};

interface CallOptions<QueryInput> {
  readonly query?: Given<QueryInput> | undefined;
  /** Maximum time until the whole answer is there, in ms. Default: 10 000. */
  readonly timeoutMs?: number | undefined;
  /** Ends the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A body is left out only if the row reads none. */
type WithBody<BodyInput> = undefined extends BodyInput
  ? { readonly body?: BodyInput | undefined }
  : { readonly body: BodyInput };

/** What a call comes to. `retryAfterMs` is how long the gateway asks its caller to wait. */
export type Attempt<Answer> =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly error: AskonceError; readonly retryAfterMs: number | undefined };

export interface AdminClient {
  /** Where the gateway is called. */
  readonly url: string;
  /**
   * @throws AskonceError `gateway_unreachable` if nothing answers, `gateway_mismatch` if what answers is no gateway of this
   * version, else with the code of the gateway's own error; its message is one line, and says what to do
   */
  call<QueryInput, BodyInput, Answer>(
    row: CallableRoute<QueryInput, BodyInput, Answer>,
    options: CallOptions<QueryInput> & WithBody<BodyInput>,
  ): Promise<Answer>;
  /** As `call`, for callers that go on after an error: returns what `call` would throw. */
  attempt<QueryInput, BodyInput, Answer>(
    row: CallableRoute<QueryInput, BodyInput, Answer>,
    options: CallOptions<QueryInput> & WithBody<BodyInput>,
  ): Promise<Attempt<Answer>>;
}

export interface AdminClientOptions extends AdminTarget {
  /** Default: the machine's own. */
  readonly clock?: Clock | undefined;
}

const usualTimeoutMs = 10_000;
/** Far more than any answer has; what is longer is not read. */
const longestAnswer = 64 * 1024 * 1024;

export function adminClient({ url, keys, clock = systemClock }: AdminClientOptions): AdminClient {
  const attempt: AdminClient['attempt'] = async (row, options) => {
    const { timeoutMs = usualTimeoutMs, signal } = options;
    signal?.throwIfAborted();
    const timer = new AbortController();
    const cancel = clock.schedule(() => timer.abort(), timeoutMs);
    const signals = signal === undefined ? [timer.signal] : [timer.signal, signal];
    let received: Received;
    try {
      received = await exchange(row, options, AbortSignal.any(signals));
    } catch (error) {
      signal?.throwIfAborted();
      if (AskonceError.isInstance(error)) return { ok: false, error, retryAfterMs: undefined };
      const late = timer.signal.aborted ? timeoutMs : undefined;
      return { ok: false, error: unreachable(url, error, late), retryAfterMs: undefined };
    } finally {
      cancel();
    }
    const { response, value } = received;
    if (!response.ok) return { ok: false, ...refusedBy(url, response, value, row.roles) };
    const read = answerIn(row.answer, value);
    if (read.ok) return read;
    return { ok: false, error: mismatched(url, `${row.path}: ${read.fault}`), retryAfterMs: undefined };
  };

  async function exchange<QueryInput>(
    row: CallableRoute<QueryInput, unknown, unknown>,
    { query = {}, body }: CallOptions<QueryInput> & { readonly body?: unknown },
    signal: AbortSignal,
  ): Promise<Received> {
    const response = await fetch(url + pathOf(row.path, query), {
      method: row.method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${keyFor(row.roles, keys)}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // A redirect must not lead the key to another host.
      redirect: 'manual',
      signal,
    });
    return { response, value: jsonIn(await textOf(response, url)) };
  }

  return {
    url,
    attempt,
    async call(row, options) {
      const attempted = await attempt(row, options);
      if (attempted.ok) return attempted.answer;
      throw attempted.error;
    },
  };
}

interface Received {
  readonly response: Response;
  /** Undefined if the body is no JSON. */
  readonly value: unknown;
}

/** The first key whose role may make the call; the gateway refuses the first of all if there is none. */
function keyFor(roles: readonly string[], keys: readonly [RoleKey, ...RoleKey[]]): string {
  return (keys.find(({ role }) => roles.includes(role)) ?? keys[0]).key;
}

/** The path with its parameter filled in, and all other parameters as its query. */
function pathOf(pattern: string, given: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams();
  let path = pattern;
  for (const [name, value] of Object.entries(given)) {
    const texts = values.parse(value).map(String);
    if (pattern.endsWith(`/{${name}}`))
      path = pattern.replace(`{${name}}`, encodeURIComponent(texts[0] ?? ''));
    else for (const text of texts) search.append(name, text);
  }
  return search.size === 0 ? path : `${path}?${search}`;
}

const text = z.union([z.string(), z.number()]);
const values = z.union([z.array(text), text.transform((one) => [one]), z.undefined().transform(() => [])]);

async function textOf(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > longestAnswer) throw mismatched(url, 'its answer is longer than 64 MB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
