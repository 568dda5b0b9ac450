/**
 * Identifies the caller of an admin call, and limits wrong keys.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { AskonceError, type Clock } from 'askonce';

/** What a caller may do. */
export type Role = 'admin';

export interface Caller {
  readonly role: Role;
  /** Address that the call came from. */
  readonly address: string;
}

/** Wrong keys that one client may send: so many at once, then one more after each interval. */
export interface FailureLimit {
  readonly burst: number;
  readonly everyMs: number;
}

/** The usual limit. */
export const wrongKeys: FailureLimit = { burst: 10, everyMs: 6000 };

/** Why a caller is refused. */
export interface Refusal {
  readonly error: AskonceError;
  /** Seconds after which it may try again. */
  readonly retryAfter?: number | undefined;
}

/** The parts of a request that identify its caller. */
interface CallingRequest {
  readonly headers: { readonly authorization?: string | undefined };
  readonly socket: { readonly remoteAddress?: string | undefined };
}

type CallerCheck = (request: CallingRequest, limit: FailureLimit) => Caller | Refusal;

const bearer = /^Bearer +([\x21-\x7e]+) *$/i;

export function callerCheck(key: string, clock: Clock): CallerCheck {
  const digest = digestOf(key);
  const failuresOf = new Map<FailureLimit, Failures>();
  return (request, limit) => {
    const failures = failuresOf.get(limit) ?? failureCount(limit, clock);
    failuresOf.set(limit, failures);
    const address = addressOf(request);
    const given = bearer.exec(request.headers.authorization ?? '')?.[1];
    // Nothing was guessed: a probe without a key must not lock out the operator behind the same address.
    if (given === undefined) return unauthorized();
    // Digests have one length, so the time of the comparison reveals nothing about the key, not even its length. The
    // right key is admitted in any case: many clients may share an address, and one with a wrong key must not lock the
    // operator out. A key of 16 characters cannot be guessed at any rate.
    if (timingSafeEqual(digestOf(given), digest)) return { role: 'admin', address };
    const retryAfter = failures.secondsUntilFree(address);
    if (retryAfter > 0) return limited(retryAfter);
    failures.add(address);
    return unauthorized();
  };
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function addressOf({ socket }: CallingRequest): string {
  return (socket.remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/i, '');
}

function unauthorized(): Refusal {
  return {
    error: new AskonceError(
      'admin_unauthorized',
      'Admin calls need the right key; send "Authorization: Bearer KEY" (adminKey).',
    ),
  };
}

function limited(retryAfter: number): Refusal {
  return {
    error: new AskonceError('admin_limited', `Too many wrong keys; try again in ${retryAfter} s.`),
    retryAfter,
  };
}

interface Failures {
  /** Whole seconds until the client may try again; 0: now. */
  secondsUntilFree(address: string): number;
  add(address: string): void;
}

/** Clients that are remembered; beyond it the one whose last failure is oldest is forgotten. */
const maxClients = 10_000;

function failureCount({ burst, everyMs }: FailureLimit, clock: Clock): Failures {
  /** For each client, the monotonic instant at which all its failures are forgiven. */
  const forgivenAt = new Map<string, number>();
  const owedMs = (client: string) => Math.max(0, (forgivenAt.get(client) ?? 0) - clock.monotonic());
  return {
    secondsUntilFree: (address) =>
      Math.max(0, Math.ceil((owedMs(clientOf(address)) - (burst - 1) * everyMs) / 1000)),
    add(address) {
      const client = clientOf(address);
      const owed = owedMs(client);
      forgivenAt.delete(client);
      if (forgivenAt.size >= maxClients) {
        const [oldest] = forgivenAt.keys();
        if (oldest !== undefined) forgivenAt.delete(oldest);
      }
      forgivenAt.set(client, clock.monotonic() + owed + everyMs);
    },
  };
}

/** The client behind an address: with IPv6 the /64, because one client has all of it. */
function clientOf(address: string): string {
  const [plain = ''] = address.split('%', 1);
  if (!isIPv6(plain)) return address;
  const [front = '', back] = plain.split('::', 2);
  const head = front === '' ? [] : front.split(':');
  if (back === undefined) return head.slice(0, 4).join(':');
  const tail = back === '' ? [] : back.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
