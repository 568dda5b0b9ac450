/**
 * Feature flags: on, off, or on for a share of all questions; from the settings, and changed at run time.
 *
 * Which questions belong to a share is decided by the flag's name and the question's key alone: the same on every
 * machine and after every restart, and a larger share contains the smaller one. The share of `semanticRollout` is one of
 * callers, by their digests.
 */
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { AskonceError } from '../errors.ts';
import type { Settings } from './table.ts';

/** The flags, and the setting that each starts with. */
export const flagNames = [
  'enabled',
  'exactCache',
  'singleFlight',
  'redisCache',
  'stampedeProtection',
  'staleWhileRevalidate',
  'negativeCache',
  'semanticCache',
  'semanticRollout',
] as const satisfies readonly (keyof Settings)[];

export type FlagName = (typeof flagNames)[number];

/** Each flag's share of all questions, or callers, in percent: 0 is off, 100 is on. */
export type FlagShares = Readonly<Record<FlagName, number>>;

const share = z.union([z.boolean().transform((on) => (on ? 100 : 0)), z.number().min(0).max(100)]);

/** A change of flags: a share, on or off for each that is named; null goes back to the settings. */
const flagChangeSchema = z.strictObject(
  Object.fromEntries(flagNames.map((name) => [name, share.nullable().optional()])),
);

export type FlagChange = Readonly<Partial<Record<FlagName, boolean | number | null>>>;

/** What was changed at run time. */
export type FlagChanges = Readonly<Partial<Record<FlagName, number>>>;

/** Changes as another process or release stored them; unknown flags are ignored. */
export const flagChangesSchema = z
  .record(z.string(), z.unknown())
  .transform((given) => Object.fromEntries(flagNames.map((name) => [name, given[name]])))
  .pipe(z.record(z.string(), z.number().min(0).max(100).optional()))
  .transform((shares): FlagChanges => {
    const changes: Partial<Record<FlagName, number>> = {};
    for (const name of flagNames) {
      const value = shares[name];
      if (value !== undefined) changes[name] = value;
    }
    return changes;
  });

const parts = 10_000;

export class Flags {
  readonly #settled: FlagShares;
  #changed: FlagChanges = {};
  #shares: FlagShares;

  constructor(settings: Pick<Settings, FlagName | 'semanticMode'>) {
    // A roll-out to no caller is the mode shadow, so that one number goes from there to all callers and back.
    const isShadow = settings.semanticMode === 'shadow';
    this.#settled = sharesOf((name) =>
      name === 'semanticRollout' && isShadow ? 0 : percent(settings[name]),
    );
    this.#shares = this.#settled;
  }

  /** Whether the flag is on for the question, or the caller, with this key. */
  isOn(name: FlagName, key: string): boolean {
    const share = this.#shares[name];
    if (share === 100) return true;
    return share !== 0 && crc32(`${name}\n${key}`) % parts < (share / 100) * parts;
  }

  /** Whether the flag is off for every question, or caller. */
  isOff(name: FlagName): boolean {
    return this.#shares[name] === 0;
  }

  get shares(): FlagShares {
    return this.#shares;
  }

  /** What was changed at run time, as `replaceChanges` takes it. */
  get changes(): FlagChanges {
    return this.#changed;
  }

  /** Replaces all earlier changes made at run time. */
  replaceChanges(changes: FlagChanges): void {
    this.#changed = changes;
    this.#shares = sharesOf((name) => changes[name] ?? this.#settled[name]);
  }

  /**
   * What `changes` would be after a change.
   * @throws AskonceError `invalid_flags` for an unknown flag, or a value that is not a share.
   */
  changed(change: unknown): FlagChanges {
    const checked = flagChangeSchema.safeParse(change);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
      throw new AskonceError(
        'invalid_flags',
        `${where}must be true, false, a percentage from 0 to 100, or null for the settings' own; the flags are ${flagNames.join(', ')}`,
      );
    }
    const after: Partial<Record<FlagName, number>> = { ...this.#changed };
    for (const name of flagNames) {
      const value = checked.data[name];
      if (value === null) delete after[name];
      else if (value !== undefined) after[name] = value;
    }
    return after;
  }
}

function percent(setting: boolean | number): number {
  return typeof setting === 'number' ? setting : setting ? 100 : 0;
}

function sharesOf(share: (name: FlagName) => number): FlagShares {
  return {
    enabled: share('enabled'),
    exactCache: share('exactCache'),
    singleFlight: share('singleFlight'),
    redisCache: share('redisCache'),
    stampedeProtection: share('stampedeProtection'),
    staleWhileRevalidate: share('staleWhileRevalidate'),
    negativeCache: share('negativeCache'),
    semanticCache: share('semanticCache'),
    semanticRollout: share('semanticRollout'),
  };
}
