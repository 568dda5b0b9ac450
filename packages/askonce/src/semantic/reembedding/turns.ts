/**
 * Which process embeds anew: one at a time among those that share a store, and only one with the embedder that was announced
 * last.
 *
 * A notice names the embedder, the process whose turn it is, and how far it is. The process writes it again in beats. If the
 * notice does not change for some beats, the process has ended, and another one takes its turn. Silence is measured by the
 * clock of the process that waits: clocks of machines need not agree.
 *
 * While machines change from one embedder to another, processes of both run. One whose embedder the notice has never named
 * announces it, and those of the embedder before stop. They announce theirs again only once the notice has been silent for
 * long: then no process of the new embedder is left, and the change was reversed.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { tryParseJson } from '../../json.ts';
import type { Notices } from '../../store/shared.ts';

/** How far the entries of a store are. */
export interface Progress {
  /** Entries whose vectors this embedder has made. */
  readonly done: number;
  /** Entries that have a vector of it, or are to have one; undefined before they were counted. */
  readonly of?: number | undefined;
  /** Whether all entries have been looked at, and those that could be embedded were. */
  readonly complete: boolean;
  /** Vectors of another embedder that stay, since their questions cannot be embedded. */
  readonly left: number;
}

export const noProgress: Progress = { done: 0, complete: false, left: 0 };

export interface TurnTimes {
  /** Interval at which the notice is written while a process embeds, and read by the others, in ms. */
  readonly beatMs: number;
  /** The same for writing while nothing is to be done. */
  readonly restBeatMs: number;
  /** Silence after which an embedder that was announced before may be announced again, in ms. */
  readonly abandonedMs: number;
}

/** Beats that are missed before another process takes the turn. */
const missedBeats = 3;
/** Embedders announced before that are remembered. */
const mostBefore = 16;
const noticeName = 'reembedding';

const count = z.number().int().nonnegative();
const noticeSchema = z.object({
  embedder: z.string(),
  /** The process whose turn it is; empty if it has ended in order. */
  holder: z.string(),
  /** Differs with each write. */
  beat: z.string(),
  /** Embedders announced before, the latest first. */
  before: z.array(z.string()),
  done: count,
  of: count.optional(),
  complete: z.boolean(),
  left: count,
});
type Notice = z.infer<typeof noticeSchema>;

/** Whose turn it is. */
type Turn =
  /** `isTakenOver`: another process had begun and not finished: what it did last may be known to no one. */
  | { readonly isMine: true; readonly isTakenOver: boolean; readonly progress: Progress }
  /** `progress`: that of the process whose turn it is; undefined if it has another embedder. */
  | { readonly isMine: false; readonly progress: Progress | undefined };

export interface Turns {
  /**
   * Takes the turn if it is free, renews it with the progress if it is held here, or reports that another process has it.
   * Rejects if the store fails.
   */
  step(progress: Progress): Promise<Turn>;
  /** Ends the turn if it is held here, so that another process can take it at once. Never rejects. */
  end(progress: Progress): Promise<void>;
}

export interface TurnsOptions {
  readonly notices: Notices;
  readonly clock: Clock;
  /** Fingerprint of this process's embedder. */
  readonly embedder: string;
  readonly times: TurnTimes;
}

export function turnsBy({ notices, clock, embedder, times }: TurnsOptions): Turns {
  const self = randomBytes(9).toString('base64url');
  /** The notice as it was last read, and since when it has been so. */
  let seen: { readonly text: string | undefined; readonly since: number } | undefined;

  function silentMs(text: string | undefined): number {
    const now = clock.monotonic();
    if (seen === undefined || seen.text !== text) seen = { text, since: now };
    return now - seen.since;
  }

  function mayTake(notice: Notice, silent: number): boolean {
    if (notice.embedder !== embedder) return !notice.before.includes(embedder) || silent >= times.abandonedMs;
    const beatMs = notice.complete ? times.restBeatMs : times.beatMs;
    return notice.holder === '' || silent >= missedBeats * beatMs;
  }

  async function write(
    over: string | undefined,
    notice: Omit<Notice, 'embedder' | 'beat'>,
  ): Promise<boolean> {
    const text = JSON.stringify({ ...notice, embedder, beat: randomBytes(6).toString('base64url') });
    const there = await notices.put(noticeName, text, over);
    silentMs(there);
    return there === text;
  }

  return {
    async step(progress) {
      const text = await notices.get(noticeName);
      const silent = silentMs(text);
      const notice = noticeIn(text);
      const isOurs = notice?.embedder === embedder;
      const shown = isOurs ? progressIn(notice) : undefined;
      if (isOurs && notice.holder === self) {
        const { before } = notice;
        const isKept = await write(text, { holder: self, before, ...progress });
        return isKept ? { isMine: true, isTakenOver: false, progress } : { isMine: false, progress: shown };
      }
      if (notice !== undefined && !mayTake(notice, silent)) return { isMine: false, progress: shown };
      const before = [...(notice && !isOurs ? [notice.embedder] : []), ...(notice?.before ?? [])]
        .filter((one) => one !== embedder)
        .slice(0, mostBefore);
      const taken = shown ?? noProgress;
      const isTaken = await write(text, { holder: self, before, ...taken });
      if (!isTaken) return { isMine: false, progress: shown };
      return { isMine: true, isTakenOver: shown !== undefined && !shown.complete, progress: taken };
    },

    async end(progress) {
      try {
        const text = await notices.get(noticeName);
        const notice = noticeIn(text);
        if (notice?.embedder !== embedder || notice.holder !== self) return;
        await write(text, { holder: '', before: notice.before, ...progress });
      } catch {
        // Then it is silent, which ends the turn as well.
      }
    },
  };
}

/** The turns of a process that shares its store with none. */
export function turnsOfOne(): Turns {
  return {
    step: async (progress) => ({ isMine: true, isTakenOver: false, progress }),
    end: async () => {},
  };
}

function noticeIn(text: string | undefined): Notice | undefined {
  return text === undefined ? undefined : noticeSchema.safeParse(tryParseJson(text)).data;
}

function progressIn({ done, of, complete, left }: Notice): Progress {
  return { done, of, complete, left };
}
