/**
 * Flags that are changed at run time, shared by all processes whose store has notices.
 *
 * All changes together are one notice with a version. Who knows a higher version than the store, or finds the notice
 * gone (Redis was restarted empty, a replica took over that had not got it), writes it again: an emergency switch must
 * not turn itself back.
 */
import { z } from 'zod';
import type { Engine } from '../engine/ask.ts';
import { AskonceError } from '../errors.ts';
import { tryParseJson } from '../json.ts';
import { type FlagChanges, type FlagShares, flagChangesSchema, flagNames } from '../settings/flags.ts';
import type { Notices } from '../store/shared.ts';

export interface SharedFlags {
  /**
   * Changes flags here and everywhere. @throws AskonceError `invalid_flags`; `store_failed` where the others could not
   * be told (then nothing is changed here).
   */
  change(change: unknown): Promise<FlagShares>;
  /** Ends the poll. */
  close(): void;
}

const noticeName = 'flags';
const pollMs = 1000;
const mostAttempts = 100;

/** The notice's text, parsed. Flags of a newer release are passed over, and stay in the text. */
const noticeSchema = z.object({ version: z.int().positive(), flags: flagChangesSchema });

interface Known {
  readonly version: number;
  readonly text: string | undefined;
}

type FlagEngine = Pick<Engine, 'flags' | 'store' | 'clock' | 'observe'>;

/** Takes over what was changed elsewhere, now and from then on. */
export function shareFlags(engine: FlagEngine): SharedFlags {
  const notices = engine.store.shared?.notices;
  return notices === undefined ? ownFlags(engine) : noticedFlags(engine, notices);
}

/** Where there is nobody to share with, a change holds in this process. */
function ownFlags(engine: FlagEngine): SharedFlags {
  return {
    async change(change) {
      adopt(engine, engine.flags.changed(change));
      return engine.flags.shares;
    },
    close: () => {},
  };
}

function noticedFlags(engine: FlagEngine, notices: Notices): SharedFlags {
  const { flags, store, clock, observe } = engine;
  let known: Known = { version: 0, text: undefined };
  let inTrouble = false;
  let unreadable: string | undefined;
  let closed = false;
  let cancel = () => {};
  /** Reading and writing take turns, or two changes at once would start from the same state. */
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  }

  function tell(message: string): void {
    observe({ type: 'store-trouble', store: store.name, operation: 'notices', message });
  }

  /** What the notice says, or undefined where there is none that can be read. */
  function read(text: string | undefined): (Known & { readonly flags: FlagChanges }) | undefined {
    if (text === undefined) return undefined;
    const parsed = noticeSchema.safeParse(tryParseJson(text));
    if (parsed.success) {
      unreadable = undefined;
      return { version: parsed.data.version, flags: parsed.data.flags, text };
    }
    if (unreadable !== text) tell('the notice of changed flags cannot be read; the next change replaces it');
    unreadable = text;
    return undefined;
  }

  function take(text: string | undefined): void {
    const there = read(text);
    if (there === undefined || there.version < known.version || there.text === known.text || closed) return;
    known = { version: there.version, text: there.text };
    adopt(engine, there.flags);
  }

  /** What is there then. */
  async function catchUp(): Promise<string | undefined> {
    const text = await notices.get(noticeName);
    const isLost = text === undefined || (read(text)?.version ?? known.version) < known.version;
    const there = isLost && known.text !== undefined ? await notices.put(noticeName, known.text, text) : text;
    take(there);
    return there;
  }

  /** Begins again where somebody else's change came first, or one of the two would be lost. */
  async function write(change: unknown): Promise<void> {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const there = await catchUp();
      const text = JSON.stringify({ version: known.version + 1, flags: flags.changed(change) });
      if ((await notices.put(noticeName, text, there)) === text) return take(text);
    }
    throw new Error(`others changed flags at the same time, ${mostAttempts} times`);
  }

  async function poll(): Promise<void> {
    try {
      await inTurn(catchUp);
      inTrouble = false;
    } catch (error) {
      if (!inTrouble) tell(error instanceof Error ? error.message : 'unknown error');
      inTrouble = true;
    }
    if (!closed) cancel = clock.schedule(() => void poll(), pollMs);
  }

  void poll();
  return {
    async change(change) {
      // A change that is wrong is told as that, also while the store is out of reach.
      flags.changed(change);
      return await inTurn(async () => {
        try {
          await write(change);
        } catch (cause) {
          throw new AskonceError(
            'store_failed',
            'The others could not be told of the change of flags; nothing is changed here. Try again.',
            { cause },
          );
        }
        return flags.shares;
      });
    },
    close() {
      closed = true;
      cancel();
    },
  };
}

function adopt({ flags, observe }: FlagEngine, changes: FlagChanges): void {
  const before = flags.shares;
  flags.replaceChanges(changes);
  if (flagNames.some((name) => flags.shares[name] !== before[name]))
    observe({ type: 'flags', flags: flags.shares });
}
