/**
 * How often a client may be wrong: ten times at once, then once every six seconds.
 */
import { isIPv6 } from 'node:net';
import type { Clock } from 'askonce';

const allowed = 10;
const refillMs = 6000;
/** Clients that are remembered; beyond it the one that was wrong longest ago is forgotten. */
const maxClients = 10_000;

export class FailureLimit {
  readonly #clock: Clock;
  /** For each client the monotonic instant at which all its failures will be forgiven. */
  readonly #forgivenAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whole seconds until the client may try again; 0: now. */
  secondsUntilFree(address: string): number {
    const owed = this.#owedMs(clientOf(address));
    return Math.max(0, Math.ceil((owed - (allowed - 1) * refillMs) / 1000));
  }

  note(address: string): void {
    const client = clientOf(address);
    const owed = this.#owedMs(client);
    this.#forgivenAt.delete(client);
    if (this.#forgivenAt.size >= maxClients) {
      const [oldest] = this.#forgivenAt.keys();
      if (oldest !== undefined) this.#forgivenAt.delete(oldest);
    }
    this.#forgivenAt.set(client, this.#clock.monotonic() + owed + refillMs);
  }

  #owedMs(client: string): number {
    return Math.max(0, (this.#forgivenAt.get(client) ?? 0) - this.#clock.monotonic());
  }
}

/** Who has one IPv6 address has its whole /64. */
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
