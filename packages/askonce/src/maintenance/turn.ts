/**
 * Whose turn it is to maintain a store that several processes share: one at a time.
 *
 * Where the store has leases, the turn is one: the server's clock ends it. Elsewhere a notice names the holder and when it
 * last renewed its turn; such a store is one file, and its processes have one machine's clock. A holder that is silent for
 * too long has ended, and another takes its turn. Two that run at once would harm nothing but each other's pace: each removes
 * only what is still as it was judged.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { tryParseJson } from '../json.ts';
import type { Leases, Notices, SharedServices } from '../store/shared.ts';

/** Interval at which the holder renews its turn, in ms. */
export const beatMs = 5_000;
/** Silence after which another takes the turn, in ms. */
const silentMs = 30_000;

export interface Turn {
  /** False if another process has it. */
  take(): Promise<boolean>;
  /** False if another process has taken it. */
  renew(): Promise<boolean>;
  /** Ends the turn. Never rejects: a silent holder loses it anyway. */
  end(): Promise<void>;
}

/** @param name key of the lease, which no entry has */
export function turnOf({ leases, notices }: SharedServices, clock: Clock, name: string): Turn {
  const token = `maintenance/${randomBytes(9).toString('base64url')}`;
  if (leases !== undefined) return leasedTurn(leases, name, token);
  return notices === undefined ? ownTurn : noticedTurn(notices, clock, token);
}

/** Of a process that shares its store with none. */
const ownTurn: Turn = { take: async () => true, renew: async () => true, end: async () => {} };

function leasedTurn(leases: Leases, name: string, token: string): Turn {
  return {
    async take() {
      const terms = { leaseMs: silentMs, deadAfterMs: silentMs };
      return (await leases.take(name, '', token, terms)).held;
    },
    renew: () => leases.renew(name, '', token, silentMs),
    async end() {
      await leases.release(name, '', token).catch(() => false);
    },
  };
}

const noticeName = 'maintenance';
const noticeSchema = z.object({
  /** Empty if the turn is free. */
  holder: z.string(),
  /** When it was renewed last, in ms since the epoch. */
  renewed: z.number(),
});

function noticedTurn(notices: Notices, clock: Clock, token: string): Turn {
  let written: string | undefined;

  async function write(holder: string, over: string | undefined): Promise<boolean> {
    const beat = randomBytes(6).toString('base64url');
    const text = JSON.stringify({ holder, renewed: clock.now(), beat });
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
      if (notice !== undefined && notice.holder !== '' && silence < silentMs) return false;
      return await write(token, text);
    },
    renew: async () => written !== undefined && (await write(token, written)),
    async end() {
      if (written !== undefined) await write('', written).catch(() => false);
    },
  };
}
