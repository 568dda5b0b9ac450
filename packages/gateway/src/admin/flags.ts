/**
 * Admin calls for feature flags: what share of all questions each is on for, and changing that.
 */
import {
  AskonceError,
  type FlagChange,
  type FlagName,
  type FlagShares,
  flagNames,
  settingsTable,
} from 'askonce';
import { z } from 'zod';
import type { AdminHandler } from './call.ts';

/** `GET /cache/flags` */
export const showFlags: AdminHandler = async ({ cache }) => ({ flags: cache.flags() });

/** `PUT /cache/flags` with `{ "staleWhileRevalidate": 10 }`; `ENABLE_SWR` will do for the name, `"10%"` for the share. */
export const changeFlags: AdminHandler = async ({ cache, log }, { body, caller, requestId }) => {
  const flags: FlagShares = await cache.changeFlags(changeOf(body));
  log.audit('flags were changed', { flags, by: caller.role, address: caller.address, requestId });
  return { flags };
};

const byName = new Map<string, FlagName>(
  flagNames.flatMap((name) => [name, ...settingsTable[name].env].map((called) => [called, name] as const)),
);

const share = z.union([
  z.null(),
  z.boolean(),
  z.number().min(0).max(100),
  z
    .string()
    .regex(/^\d{1,3}(\.\d{1,9})?%$/)
    .transform((text) => Number(text.slice(0, -1)))
    .refine((percent) => percent <= 100),
]);

function changeOf(body: unknown): FlagChange {
  const given = z.record(z.string(), z.unknown()).safeParse(body);
  if (!given.success || Object.keys(given.data).length === 0)
    throw wrong('the body must be an object that names at least one flag');
  const change: Partial<Record<FlagName, boolean | number | null>> = {};
  for (const [called, value] of Object.entries(given.data)) {
    const name = byName.get(called);
    if (name === undefined) throw wrong(`there is a flag that is not one of ${flagNames.join(', ')}`);
    if (name in change) throw wrong(`${name} is named twice`);
    const checked = share.safeParse(value);
    if (!checked.success)
      throw wrong(`${name} must be true, false, a percentage (25 or "25%"), or null for the settings' own`);
    change[name] = checked.data;
  }
  return change;
}

function wrong(what: string): AskonceError {
  return new AskonceError('invalid_flags', `The change of flags is wrong: ${what}.`);
}
