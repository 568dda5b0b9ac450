/**
 * Looks at every entry for one user's answers, after those that an index names are gone. A look may take minutes, and
 * every one costs the store the same, so they run one after another.
 */
import { AskonceError } from '../errors.ts';

/** Most looks that wait, in some hundred kilobytes. */
const mostWaiting = 1_000;

export interface ThoroughLooks {
  /**
   * Runs `look` once those before it have ended; its outcome is this call's. A look for the same user that has not begun
   * serves this call, too.
   * @throws AskonceError `invalidation_failed` if too many wait.
   */
  queue(userDigest: string, look: () => Promise<number>): Promise<number>;
}

export function thoroughLooks(most = mostWaiting): ThoroughLooks {
  const waiting = new Map<string, Promise<number>>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    queue(userDigest, look) {
      const there = waiting.get(userDigest);
      if (there !== undefined) return there;
      if (waiting.size >= most) {
        const message = `The answers that the index names are erased, but ${most} looks at every entry already wait. Try again later.`;
        throw new AskonceError('invalidation_failed', message);
      }
      const looking = last.then(() => {
        waiting.delete(userDigest);
        return look();
      });
      waiting.set(userDigest, looking);
      // One that fails does not keep the next from running; its caller hears of it.
      last = looking.catch(() => {});
      return looking;
    },
  };
}
