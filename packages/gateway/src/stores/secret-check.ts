/**
 * Checks that this gateway may use the shared Redis: only if its secret is the others'. With another secret it would find
 * none of their entries, and its invalidations would not reach them.
 *
 * The first gateway stores a digest under its secret; every other one compares. The check repeats each second, which covers
 * a Redis that is reached later, comes back, or has lost the digest.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from 'askonce';
import type { Notices } from 'askonce/store';

export type SecretState =
  /** Unknown: Redis has not answered yet. */
  | 'waiting'
  | 'admitted'
  /** Another gateway came first, with another secret. */
  | 'refused';

export interface SecretCheck {
  readonly state: SecretState;
  close(): void;
}

export interface SecretCheckOptions {
  readonly secret: string;
  readonly notices: Notices;
  readonly clock: Clock;
  /** Whether this gateway may be the first, and store its digest. False for a mere check. Default true. */
  readonly claims?: boolean | undefined;
  /** Called when the state changes. */
  readonly onState: (state: SecretState) => void;
  /** Called when Redis answers again after it had stopped. */
  readonly onBack: () => void;
}

const noticeName = 'secret';
const lookMs = 1000;

/** Resolves after the first check, whatever its result. */
export async function checkSecret(options: SecretCheckOptions): Promise<SecretCheck> {
  const { notices, clock, claims = true, onState, onBack } = options;
  const own = createHmac('sha256', options.secret)
    .update('askonce shares a cache')
    .digest('hex')
    .slice(0, 32);
  let state: SecretState = 'waiting';
  let answered: 'never' | 'last time' | 'before' = 'never';
  let closed = false;
  let cancel = () => {};

  function setState(next: SecretState): void {
    if (closed || next === state) return;
    state = next;
    onState(next);
  }

  async function compare(): Promise<void> {
    const there = await notices.get(noticeName);
    if (there === undefined) {
      // A refused gateway must not become the first when Redis has lost the digest: the others would be refused then.
      if (state === 'refused') return;
      if (!claims) return setState('admitted');
      setState((await notices.put(noticeName, own)) === own ? 'admitted' : 'refused');
    } else setState(there === own ? 'admitted' : 'refused');
  }

  async function look(): Promise<void> {
    try {
      await compare();
      if (answered === 'before' && !closed) onBack();
      answered = 'last time';
    } catch {
      // The store reports why.
      if (answered === 'last time') answered = 'before';
    }
    if (!closed) cancel = clock.schedule(() => void look(), lookMs);
  }

  await look();
  return {
    get state() {
      return state;
    },
    close() {
      closed = true;
      cancel();
    },
  };
}
