/**
 * Flags that are changed at run time, shared by all processes whose store has notices.
 *
 * All changes together are one notice with a version. A process that knows a higher version than the store, or finds the
 * notice gone (Redis was restarted empty, or a replica without it took over), writes it again: an emergency switch must
 * not turn itself back.
 */
import { z } from 'zod';
import type { Engine } from '../engine/engine.ts';
import { AskonceError } from '../errors.ts';
import { tryParseJson } from '../json.ts';
import { observeTrouble } from '../observe/report.ts';
import { type FlagChanges, type FlagShares, flagChangesSchema, flagNames } from '../settings/flags.ts';
import type { Notices } from '../store/shared.ts';

export interface SharedFlags {
  /**
   * Changes flags here and in all processes. @throws AskonceError `invalid_flags`; `store_failed` if the other
   * processes could not be informed (then nothing is changed here).
   */
  change(change: unknown): Promise<FlagShares>;
  /** Ends the poll. */
  close(): void;
}

const noticeName = 'flags';
const pollMs = 1000;
const maxAttempts = 100;

/** The notice's text, parsed. Flags of a newer release are ignored, and stay in the text. */
const noticeSchema = z.object({ version: z.int().positive(), flags: flagChangesSchema });

interface Known {
  readonly version: number;
  readonly text: string | undefined;
}

type FlagsEngine = Pick<Engine, 'flags' | 'shared' | 'store' | 'clock' | 'observe'>;

/** Takes over what other processes change, from now on. */
export function sharedFlags(engine: FlagsEngine): SharedFlags {
  const { notices } = engine.shared;
  return notices === undefined ? ownFlags(engine) : noticedFlags(engine, notices);
}

/** Without notices, a change holds in this process. */
function ownFlags(engine: FlagsEngine): SharedFlags {
  return {
    async change(change) {
      adopt(engine, engine.flags.changed(change));
      return engine.flags.shares;
    },
    close: () => {},
  };
}

function noticedFlags(engine: FlagsEngine, notices: Notices): SharedFlags {
  const { flags, clock } = engine;
  let known: Known = { version: 0, text: undefined };
  let inTrouble = false;
  let unreadable: string | undefined;
  let closed = false;
  let cancel = () => {};
  const failed = (error: unknown) => observeTrouble(engine, 'notices', error);
  /** Reading and writing take turns, or two changes at once would start from the same state. */
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  }

  /** What the notice says, or undefined if there is none that can be read. */
  function read(text: string | undefined): (Known & { readonly flags: FlagChanges }) | undefined {
    if (text === undefined) return undefined;
    const parsed = noticeSchema.safeParse(tryParseJson(text));
    if (parsed.success) {
      unreadable = undefined;
      return { version: parsed.data.version, flags: parsed.data.flags, text };
    }
    if (unreadable !== text)
      failed(new Error('the notice of changed flags cannot be read; the next change replaces it'));
    unreadable = text;
    return undefined;
  }

  function take(text: string | undefined): void {
    const there = read(text);
    if (there === undefined || there.version < known.version || there.text === known.text || closed) return;
    known = { version: there.version, text: there.text };
    adopt(engine, there.flags);
  }

  /** Resolves with the text that is there then. */
  async function catchUp(): Promise<string | undefined> {
    const text = await notices.get(noticeName);
    const isLost = text === undefined || (read(text)?.version ?? known.version) < known.version;
    const there = isLost && known.text !== undefined ? await notices.put(noticeName, known.text, text) : text;
    take(there);
    return there;
  }

  /** Begins again if another process's change came first, or one of the two would be lost. */
  async function write(change: unknown): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const there = await catchUp();
      const text = JSON.stringify({ version: known.version + 1, flags: flags.changed(change) });
      if ((await notices.put(noticeName, text, there)) === text) return take(text);
    }
    throw new Error(`other processes changed flags at the same time, ${maxAttempts} times`);
  }

  async function poll(): Promise<void> {
    try {
      await inTurn(catchUp);
      inTrouble = false;
    } catch (error) {
      if (!inTrouble) failed(error);
      inTrouble = true;
    }
    if (!closed) cancel = clock.schedule(() => void poll(), pollMs);
  }

  void poll();
  return {
    async change(change) {
      // A wrong change is reported as that, also while the store is out of reach.
      flags.changed(change);
      return await inTurn(async () => {
        try {
          await write(change);
        } catch (cause) {
          throw new AskonceError(
            'store_failed',
            'The flags could not be changed in the other processes; nothing is changed here. Try again.',
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

function adopt({ flags, observe }: FlagsEngine, changes: FlagChanges): void {
  const before = flags.shares;
  flags.replaceChanges(changes);
  if (flagNames.some((name) => flags.shares[name] !== before[name]))
    observe({ type: 'flags', flags: flags.shares });
}
