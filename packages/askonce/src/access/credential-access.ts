/**
 * Which credentials may be served stored answers: those that the provider has accepted within the last hours.
 *
 * Memory knows them, and so do marks in a store that has marks: after a restart, not every client has to be sent to the
 * provider again, and a credential that is refused by one process is soon served by none.
 */

import { hash } from 'node:crypto';
import { type Awaitable, type Clock, isPending, tooSlow, within } from '../clock.ts';
import { recentMap } from '../recent-map.ts';
import type { Marks } from '../store/shared.ts';
import { markRemoval } from './mark-removal.ts';

/** Credentials in memory. Beyond it, the least recently used are looked up again: in the marks, or at the provider. */
const mostKnown = 10_000;
/** Milliseconds for which memory is trusted without a look at the mark: the delay of a refusal by another process. */
const trustedMs = 1_000;
/** A mark is renewed once this share of its time is over: with a day's time, hourly. */
const renewAfter = 1 / 24;

export interface CredentialAccessOptions {
  readonly marks: Marks | undefined;
  /** Hours for which an acceptance counts. */
  readonly hours: number;
  /** Milliseconds that reading a mark may take. Beyond it, what memory knows decides. */
  readonly budgetMs: number;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

export interface Access {
  /** Whether `upstream` accepted the credential within the last `hours`. Never rejects. */
  isAccepted(credential: string, upstream: string): Awaitable<boolean>;
  /** The same, as far as memory knows. Meant for a moment soon after `isAccepted`. */
  isKnownAccepted(credential: string, upstream: string): boolean;
  /** The provider has just accepted the credential. */
  accept(credential: string, upstream: string): void;
  /** The provider has just refused the credential: nothing stored is served to it from now on. */
  refuse(credential: string, upstream: string): void;
  /** Ends all retries. */
  close(): void;
}

/** What memory knows of a credential. Changed in place, since `accept` comes with every answer of a provider. */
interface Known {
  /** Instant in ms since the epoch at which the acceptance ends; 0 if the credential was refused. */
  until: number;
  /** The same instant as the mark has it; 0 if there is no mark. */
  marked: number;
  /** Whether the mark is known to have existed. */
  confirmed: boolean;
  /** When the mark was last looked at, or the provider last answered (monotonic ms). */
  looked: number;
  /** Grows with every change, so that a look that began before a change does not undo it. */
  revision: number;
}

export function credentialAccess(options: CredentialAccessOptions): Access {
  const { marks, hours, budgetMs, clock, onTrouble } = options;
  const spanMs = hours * 3_600_000;
  const credentials = recentMap<Known>(mostKnown);
  /** Looks in progress, so that simultaneous requests share one. */
  const looks = new Map<string, Promise<boolean>>();
  const removal = marks && markRemoval({ marks, clock, onTrouble });

  // Consecutive requests often share both, and a new string would be hashed again for each of them.
  let last = { credential: '', upstream: '', name: '@' };
  const nameOf = (credential: string, upstream: string) => {
    if (last.credential !== credential || last.upstream !== upstream)
      last = { credential, upstream, name: `${credential}@${upstream}` };
    return last.name;
  };
  const markName = (name: string) => `accepted:${hash('sha256', name, 'hex').slice(0, 32)}`;
  const isCurrent = (known: Known | undefined) => known !== undefined && known.until > clock.now();

  function update(name: string, change: Omit<Known, 'revision'>): void {
    const known = credentials.get(name);
    if (known === undefined) credentials.set(name, { ...change, revision: 0 });
    else Object.assign(known, change, { revision: known.revision + 1 });
  }

  /**
   * Reads the mark. If a mark that existed is gone, another process was refused (or the store made room), and the
   * provider is asked again. Trouble proves nothing: memory decides, and the next look is a moment later.
   */
  function look(name: string, readable: Marks): Awaitable<boolean> {
    const shared = looks.get(name);
    if (shared !== undefined) return shared;
    const looked = clock.monotonic();
    const known = credentials.get(name);
    const revision = known?.revision;
    // What the provider has said since is newer than what was read.
    const isUnchanged = () => credentials.get(name) === known && known?.revision === revision;
    const learn = (found: number | undefined): boolean => {
      if (isUnchanged()) {
        const until = Math.max(found ?? 0, known?.until ?? 0);
        if (found !== undefined) update(name, { until, marked: found, confirmed: true, looked });
        // That there is no mark is not remembered: another process may make one at any time.
        else if (known?.confirmed) credentials.delete(name);
      }
      return isCurrent(credentials.get(name));
    };
    const fail = (error: unknown): boolean => {
      onTrouble(error);
      if (known !== undefined && isUnchanged()) update(name, { ...known, looked });
      return isCurrent(credentials.get(name));
    };
    try {
      const found = readable.get(markName(name));
      if (!isPending(found)) return learn(found);
      const looking = within(clock, budgetMs, found)
        .then((mark) => (mark === tooSlow ? fail(new Error('the marks took too long')) : learn(mark)), fail)
        .finally(() => looks.delete(name));
      looks.set(name, looking);
      return looking;
    } catch (error) {
      return fail(error);
    }
  }

  async function mark(name: string, until: number, writable: Marks): Promise<void> {
    const learn = (change: Pick<Known, 'confirmed' | 'marked'>) => {
      const known = credentials.get(name);
      if (known?.marked === until) update(name, { ...known, ...change });
    };
    try {
      await writable.put(markName(name), until);
      learn({ marked: until, confirmed: true });
    } catch (error) {
      onTrouble(error);
      // The next acceptance tries again.
      learn({ marked: 0, confirmed: false });
    }
  }

  return {
    isAccepted(credential, upstream) {
      const name = nameOf(credential, upstream);
      const known = credentials.get(name);
      if (marks === undefined || known?.until === 0) return isCurrent(known);
      const isTrusted =
        known !== undefined && !(known.confirmed && clock.monotonic() - known.looked > trustedMs);
      return isTrusted && isCurrent(known) ? true : look(name, marks);
    },
    isKnownAccepted: (credential, upstream) => isCurrent(credentials.get(nameOf(credential, upstream))),
    accept(credential, upstream) {
      const name = nameOf(credential, upstream);
      const until = clock.now() + spanMs;
      const { marked = 0, confirmed = false } = credentials.get(name) ?? {};
      const isDue = marks !== undefined && until - marked > spanMs * renewAfter;
      update(name, {
        until,
        marked: isDue ? until : marked,
        confirmed: confirmed && !isDue,
        looked: clock.monotonic(),
      });
      if (removal !== undefined && !removal.isIdle) removal.cancel(markName(name));
      if (isDue) void mark(name, until, marks);
    },
    refuse(credential, upstream) {
      const name = nameOf(credential, upstream);
      update(name, { until: 0, marked: 0, confirmed: false, looked: clock.monotonic() });
      removal?.start(markName(name));
    },
    close: () => removal?.close(),
  };
}
