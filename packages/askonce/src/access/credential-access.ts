/**
 * Which credentials may hear kept answers: those that the provider accepted a while ago at most.
 *
 * Known in memory, and as marks in a store that has them, so that a restart does not send everybody back to
 * the provider.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { backOff, type Clock, isPending, tooSlow, within } from '../clock.ts';
import type { Marks } from '../store/shared.ts';

/** Credentials remembered in memory; the least recently used is asked of the store, or the provider, again. */
const remembered = 10_000;
/**
 * How long what memory knows is taken for true without a look at its mark, in ms: once another process has heard that
 * the provider refuses the credential, this one serves it nothing so much later.
 */
const trustedMs = 1000;
/** A mark is written again once this share of its span has gone by: often enough for what lasts a day. */
const renewAfter = 1 / 24;

export interface CredentialAccessOptions {
  readonly marks: Marks | undefined;
  readonly hours: number;
  /** Milliseconds that reading a mark may take; what is over it counts as no mark. */
  readonly budgetMs: number;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

export interface Access {
  /** Whether `upstream` accepted the credential within the last `hours`. Never rejects. */
  isAccepted(credential: string, upstream: string): boolean | Promise<boolean>;
  /** The same, as far as memory knows: right after `holds`, until much has come between. */
  isKnownAccepted(credential: string, upstream: string): boolean;
  /** The provider has just accepted it. */
  accept(credential: string, upstream: string): void;
  /** The provider has just refused it: it hears nothing from now on. */
  refuse(credential: string, upstream: string): void;
  /** Nothing is tried again any more. */
  close(): void;
}

interface Known {
  /** Instant in ms since the epoch; 0 where it was refused. */
  readonly until: number;
  /** The same as the store has it; 0 where it has none. */
  readonly marked: number;
  /** Whether the mark is known to have been there, and when (monotonic ms) it was last looked at. */
  readonly confirmed: boolean;
  readonly looked: number;
}

export function credentialAccess({
  marks,
  hours,
  budgetMs,
  clock,
  onTrouble,
}: CredentialAccessOptions): Access {
  const spanMs = hours * 3_600_000;
  const credentials = new LRUCache<string, Known>({ max: remembered });
  const who = (credential: string, upstream: string) => `${credential}@${upstream}`;
  const markName = (name: string) => `accepted:${hash('sha256', name, 'hex').slice(0, 32)}`;
  const isCurrent = (known: Known | undefined) => known !== undefined && known.until > clock.now();
  const isRefused = (known: Known | undefined) => known?.until === 0;

  /** What is being looked up, so that many who ask at once share one look. */
  const looks = new Map<string, Promise<boolean>>();
  const removals = marks && new Removals({ marks, clock, onTrouble });

  /**
   * What the mark says now. Where one that was there is gone, another process was told that the credential is refused
   * (or room was needed): the provider is asked again. Trouble says nothing, and is asked about again a moment later.
   */
  function look(name: string, kept: Marks): boolean | Promise<boolean> {
    const shared = looks.get(name);
    if (shared !== undefined) return shared;
    const looked = clock.monotonic();
    const known = credentials.get(name);
    const learn = (found: number | undefined): boolean => {
      // What the provider has said since is newer than what was read. That there is no mark is not remembered: another
      // process may make it at any time.
      if (credentials.get(name) === known) {
        if (found !== undefined)
          credentials.set(name, {
            until: Math.max(found, known?.until ?? 0),
            marked: found,
            confirmed: true,
            looked,
          });
        else if (known?.confirmed) credentials.delete(name);
      }
      return isCurrent(credentials.get(name));
    };
    const trouble = (error: unknown): boolean => {
      onTrouble(error);
      if (known !== undefined && credentials.get(name) === known) credentials.set(name, { ...known, looked });
      return isCurrent(credentials.get(name));
    };
    try {
      const found = kept.get(markName(name));
      if (!isPending(found)) return learn(found);
      const looking = within(clock, budgetMs, found)
        .then(
          (mark) => (mark === tooSlow ? trouble(new Error('the marks took too long')) : learn(mark)),
          trouble,
        )
        .finally(() => looks.delete(name));
      looks.set(name, looking);
      return looking;
    } catch (error) {
      return trouble(error);
    }
  }

  async function mark(name: string, until: number, kept: Marks): Promise<void> {
    const learn = (change: Pick<Known, 'confirmed' | 'marked'>) => {
      const known = credentials.get(name);
      if (known?.marked === until) credentials.set(name, { ...known, ...change });
    };
    try {
      await kept.put(markName(name), until);
      learn({ marked: until, confirmed: true });
    } catch (error) {
      onTrouble(error);
      // It is tried again when the provider accepts the credential next.
      learn({ marked: 0, confirmed: false });
    }
  }

  return {
    isAccepted(credential, upstream) {
      const name = who(credential, upstream);
      const known = credentials.get(name);
      if (marks === undefined || isRefused(known)) return isCurrent(known);
      const isTrusted =
        known !== undefined && !(known.confirmed && clock.monotonic() - known.looked > trustedMs);
      return isTrusted && isCurrent(known) ? true : look(name, marks);
    },
    isKnownAccepted: (credential, upstream) => isCurrent(credentials.get(who(credential, upstream))),
    accept(credential, upstream) {
      const name = who(credential, upstream);
      const until = clock.now() + spanMs;
      const { marked = 0, confirmed = false } = credentials.get(name) ?? {};
      const isDue = marks !== undefined && until - marked > spanMs * renewAfter;
      const looked = clock.monotonic();
      credentials.set(name, {
        until,
        marked: isDue ? until : marked,
        confirmed: confirmed && !isDue,
        looked,
      });
      removals?.forget(markName(name));
      if (isDue) void mark(name, until, marks);
    },
    refuse(credential, upstream) {
      const name = who(credential, upstream);
      credentials.set(name, { until: 0, marked: 0, confirmed: false, looked: clock.monotonic() });
      removals?.start(markName(name));
    },
    close: () => removals?.close(),
  };
}

/* MERGED removals.ts:
 * Marks that are to be removed: tried again where that fails, since a mark that stays lets in whom the provider refuses.
 */
/** Marks that are tried for at a time; beyond them the one that has waited longest is given up. */
const mostAtOnce = 1_000;
/** Milliseconds before the second attempt, and the most before a later one. */
const leastPauseMs = 250;
const longestPauseMs = 30_000;

interface RemovalsOptions {
  readonly marks: Marks;
  readonly clock: Clock;
  /** Told of every attempt that fails. */
  readonly onTrouble: (error: unknown) => void;
}

interface Removal {
  attempts: number;
  cancel: () => void;
}

export class Removals {
  readonly #options: RemovalsOptions;
  readonly #pending = new Map<string, Removal>();
  #closed = false;

  constructor(options: RemovalsOptions) {
    this.#options = options;
  }

  /** Removes a mark, by and by if need be. */
  start(name: string): void {
    this.forget(name);
    if (this.#closed) return;
    const removal: Removal = { attempts: 0, cancel: () => {} };
    this.#pending.set(name, removal);
    const [longest] = this.#pending.keys();
    if (this.#pending.size > mostAtOnce && longest !== undefined) this.forget(longest);
    void this.#attempt(name, removal);
  }

  /** The mark is not to be removed any more: it is true again. */
  forget(name: string): void {
    this.#pending.get(name)?.cancel();
    this.#pending.delete(name);
  }

  close(): void {
    this.#closed = true;
    for (const name of [...this.#pending.keys()]) this.forget(name);
  }

  async #attempt(name: string, removal: Removal): Promise<void> {
    const { marks, clock, onTrouble } = this.#options;
    try {
      await marks.remove(name);
      if (this.#pending.get(name) === removal) this.#pending.delete(name);
    } catch (error) {
      onTrouble(error);
      if (this.#pending.get(name) !== removal) return;
      const pauseMs = backOff(removal.attempts++, leastPauseMs, longestPauseMs);
      removal.cancel = clock.schedule(() => void this.#attempt(name, removal), pauseMs);
    }
  }
}
