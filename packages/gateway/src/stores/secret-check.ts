/**
 * Whether this gateway may use the Redis that it shares: only where its secret is that of the others. With another one it
 * would find nothing that they keep, and take back nothing that they serve.
 *
 * The first gateway leaves a digest under its secret; every other one compares. Looked at each second, so that a Redis
 * that comes later, comes back, or has lost the digest is dealt with by itself.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from 'askonce';
import type { Notices } from 'askonce/store';

export type Standing =
  /** Not known yet: Redis has not answered so far. */
  | 'waiting'
  | 'admitted'
  /** Another gateway came first, with another secret. */
  | 'refused';

export interface SecretCheck {
  readonly standing: Standing;
  close(): void;
}

export interface SecretCheckOptions {
  readonly secret: string;
  readonly notices: Notices;
  readonly clock: Clock;
  /** Called when the standing changes. */
  readonly onStanding: (standing: Standing) => void;
  /** Called when Redis answers again that has answered before. */
  readonly onBack: () => void;
}

const noticeName = 'secret';
const lookMs = 1000;

/** Resolves when the first look is over, whatever came of it. */
export async function checkSecret(options: SecretCheckOptions): Promise<SecretCheck> {
  const { notices, clock, onStanding, onBack } = options;
  const own = createHmac('sha256', options.secret)
    .update('askonce shares a cache')
    .digest('hex')
    .slice(0, 32);
  let standing: Standing = 'waiting';
  let answered: 'never' | 'last time' | 'before' = 'never';
  let closed = false;
  let cancel = () => {};

  function stand(now: Standing): void {
    if (closed || now === standing) return;
    standing = now;
    onStanding(now);
  }

  async function compare(): Promise<void> {
    const there = await notices.get(noticeName);
    if (there === undefined) {
      // One who was refused must not come first when Redis has lost the digest: the others would be refused then.
      if (standing === 'refused') return;
      stand((await notices.put(noticeName, own)) === own ? 'admitted' : 'refused');
    } else stand(there === own ? 'admitted' : 'refused');
  }

  async function look(): Promise<void> {
    try {
      await compare();
      if (answered === 'before' && !closed) onBack();
      answered = 'last time';
    } catch {
      // The store tells why.
      if (answered === 'last time') answered = 'before';
    }
    if (!closed) cancel = clock.schedule(() => void look(), lookMs);
  }

  await look();
  return {
    get standing() {
      return standing;
    },
    close() {
      closed = true;
      cancel();
    },
  };
}
