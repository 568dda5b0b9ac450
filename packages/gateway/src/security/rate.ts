/**
 * Limits how often a client may do something: so many times at once, then once more after each interval. The number of
 * remembered clients is bounded, and time is the caller's clock.
 */
import { isIPv6 } from 'node:net';
import type { Clock } from 'askonce';

export interface RateLimit {
  readonly burst: number;
  readonly everyMs: number;
}

export interface RateCount {
  /** Whole seconds until the client at this address may do it again; 0: now. */
  secondsUntilFree(address: string): number;
  /** Counts it once. */
  add(address: string): void;
}

/** Clients that are remembered; beyond it the one that came longest ago is forgotten. */
const maxClients = 10_000;

export function rateCount({ burst, everyMs }: RateLimit, clock: Clock): RateCount {
  /** For each client, the monotonic instant at which all that it did is forgotten. */
  const forgottenAt = new Map<string, number>();
  const owedMs = (client: string) => Math.max(0, (forgottenAt.get(client) ?? 0) - clock.monotonic());
  return {
    secondsUntilFree: (address) =>
      Math.max(0, Math.ceil((owedMs(clientOf(address)) - (burst - 1) * everyMs) / 1000)),
    add(address) {
      const client = clientOf(address);
      const owed = owedMs(client);
      forgottenAt.delete(client);
      if (forgottenAt.size >= maxClients) {
        const [oldest] = forgottenAt.keys();
        if (oldest !== undefined) forgottenAt.delete(oldest);
      }
      forgottenAt.set(client, clock.monotonic() + owed + everyMs);
    },
  };
}

/** The client behind an address: with IPv6 the /64, because one client has all of it. */
export function clientOf(address: string): string {
  const [plain = ''] = address.split('%', 1);
  if (!isIPv6(plain)) return address;
  const [front = '', back] = plain.split('::', 2);
  const head = front === '' ? [] : front.split(':');
  if (back === undefined) return head.slice(0, 4).join(':');
  const tail = back === '' ? [] : back.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
