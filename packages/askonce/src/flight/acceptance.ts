/**
 * Which credentials may hear kept answers: those that the provider accepted a while ago at most.
 *
 * Known in memory, and as marks in a store that has them, so that a restart does not send everybody back to
 * the provider.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Marks } from '../store/contract.ts';

/** Credentials remembered in memory; the least recently used is asked of the store, or the provider, again. */
const remembered = 10_000;

export interface AcceptanceOptions {
  readonly marks: Marks | undefined;
  readonly hours: number;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

export interface Acceptance {
  /** Whether `upstream` accepted the credential within the last `hours`. */
  holds(credential: string, upstream: string): boolean | Promise<boolean>;
  /** The provider has just accepted it. */
  accept(credential: string, upstream: string): void;
  /** The provider has just refused it: it hears nothing from now on. */
  refuse(credential: string, upstream: string): void;
}

export function acceptance({ marks, hours, clock, onTrouble }: AcceptanceOptions): Acceptance {
  const spanMs = hours * 3_600_000;
  const until = new LRUCache<string, number>({ max: remembered });
  const who = (credential: string, upstream: string) => `${credential}@${upstream}`;
  const markName = (name: string) => `accepted:${hash('sha256', name, 'hex').slice(0, 32)}`;
  const attempt = async (work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      onTrouble(error);
    }
  };

  async function fromMarks(name: string, kept: Marks): Promise<boolean> {
    try {
      const found = await kept.get(markName(name));
      // A mark that was read while the provider refused the credential must not bring it back.
      if (!until.has(name)) until.set(name, found ?? 0);
      return (until.get(name) ?? 0) > clock.now();
    } catch (error) {
      onTrouble(error);
      return false;
    }
  }

  return {
    holds(credential, upstream) {
      const name = who(credential, upstream);
      const known = until.get(name);
      if (known !== undefined) return known > clock.now();
      return marks === undefined ? false : fromMarks(name, marks);
    },
    accept(credential, upstream) {
      const name = who(credential, upstream);
      const fresh = clock.now() + spanMs;
      const known = until.get(name) ?? 0;
      until.set(name, fresh);
      // Once in a while is enough for what lasts a day.
      if (marks !== undefined && (known <= clock.now() || fresh - known > spanMs / 24)) {
        void attempt(() => marks.put(markName(name), fresh));
      } else if (known > clock.now()) {
        until.set(name, known);
      }
    },
    refuse(credential, upstream) {
      const name = who(credential, upstream);
      until.set(name, 0);
      if (marks !== undefined) void attempt(() => marks.remove(markName(name)));
    },
  };
}
