/**
 * Whose turn it is to maintain a store that several processes share: one at a time.
 *
 * Where the store has leases, the turn is one: the server's clock ends it. Elsewhere a notice names the holder and when it
 * last renewed its turn; such a store is one file, and its processes have one machine's clock. A holder that is silent for
 * too long has ended, and another takes its turn. The holder makes sure of its turn before each step. Two that remove at once
 * would harm nothing but each other's pace: each removes only what is still as it was judged.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { tryParseJson } from '../json.ts';
import type { Leases, Notices, SharedServices } from '../store/shared.ts';

/** Interval at which the holder of a notice renews it, in ms. */
const beatMs = 5_000;
/** Silence after which another takes the turn, in ms. */
const silentMs = 30_000;

export interface Turn {
  /** False if another process has it. */
  take(): Promise<boolean>;
  /** Renews it where that is due. False if another process has it, or the store has lost it. */
  holds(): Promise<boolean>;
  /** Ends the turn. Never rejects: a silent holder loses it anyway. */
  end(): Promise<void>;
}

/**
 * The turns of one process, one after another.
 *
 * @param name key of the lease, which no entry has
 */
export function turnOf({ leases, notices }: SharedServices, clock: Clock, name: string): Turn {
  if (leases !== undefined) return leasedTurn(leases, name);
  return notices === undefined ? ownTurn : noticedTurn(notices, clock);
}

/** Of a process that shares its store with none. */
const ownTurn: Turn = { take: async () => true, holds: async () => true, end: async () => {} };

function newToken(): string {
  return `maintenance/${randomBytes(9).toString('base64url')}`;
}

/** Each turn has a token of its own: a release that arrives late must not end the turn that follows. */
function leasedTurn(leases: Leases, name: string): Turn {
  /** The token of this turn, or of an earlier one that was not seen to end. */
  let token: string | undefined;

  async function release(): Promise<void> {
    if (token !== undefined) await leases.release(name, '', token);
    token = undefined;
  }

  return {
    async take() {
      // Otherwise this process would wait for itself to fall silent.
      await release();
      token = newToken();
      // Maintenance is needed most where memory is full.
      const terms = { leaseMs: silentMs, deadAfterMs: silentMs, evenIfFull: true };
      const { held } = await leases.take(name, '', token, terms);
      if (!held) token = undefined;
      return held;
    },
    holds: async () => token !== undefined && (await leases.renew(name, '', token, silentMs)),
    end: () => release().catch(() => {}),
  };
}

const noticeName = 'maintenance';
const noticeSchema = z.object({
  /** Empty if the turn is free. */
  holder: z.string(),
  /** When it was renewed last, in ms since the epoch. */
  renewed: z.number(),
});

function noticedTurn(notices: Notices, clock: Clock): Turn {
  const own = newToken();
  let written: string | undefined;
  let beatAt = 0;

  async function write(holder: string, over: string | undefined): Promise<boolean> {
    const beat = randomBytes(6).toString('base64url');
    const text = JSON.stringify({ holder, renewed: clock.now(), beat });
    beatAt = clock.monotonic();
    const isWritten = (await notices.put(noticeName, text, over)) === text;
    written = isWritten ? text : undefined;
    return isWritten;
  }

  return {
    async take() {
      const text = await notices.get(noticeName);
      const notice = text === undefined ? undefined : noticeSchema.safeParse(tryParseJson(text)).data;
      // A clock that was set back must not make a turn endless.
      const silence = notice === undefined ? 0 : Math.abs(clock.now() - notice.renewed);
      // A turn of this process that was not seen to end is over.
      const isFree = notice === undefined || notice.holder === '' || notice.holder === own;
      if (!isFree && silence < silentMs) return false;
      return await write(own, text);
    },
    async holds() {
      if (written === undefined) return false;
      if (clock.monotonic() - beatAt >= beatMs) return await write(own, written);
      return (await notices.get(noticeName)) === written;
    },
    async end() {
      if (written !== undefined) await write('', written).catch(() => false);
    },
  };
}
