/**
 * The settings of maintenance by schedule.
 */
import { optional, type Setting, setting } from 'askonce/gateway-kit';
import { Cron } from 'croner';
import { z } from 'zod';

/** Why a cron text cannot be used; undefined if it can. */
function faultIn(pattern: string): string | undefined {
  if (pattern === 'off') return undefined;
  const example = 'give minute, hour, day of month, month and day of week, such as 0 3 * * *, or off';
  try {
    const next = new Cron(pattern, { paused: true, mode: '5-part' }).nextRun(new Date(0));
    return next === null ? `never comes; ${example}` : undefined;
  } catch {
    return `is no cron text; ${example}`;
  }
}

const schedule = z
  .string()
  .trim()
  .min(1)
  .max(256)
  .superRefine((pattern, context) => {
    const fault = faultIn(pattern);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const maintenanceSettings = {
  maintenanceSchedule: setting(
    'MAINTENANCE_SCHEDULE',
    schedule,
    '0 3 * * *',
    'When maintenance runs, as a cron text of five fields (minute, hour, day of month, month, day of week); `off`: never by itself. Of gateways that share a store one runs it.',
  ),
  maintenanceTimeZone: setting(
    'MAINTENANCE_TIME_ZONE',
    optional(
      z
        .string()
        .min(1)
        .max(64)
        .refine(isTimeZone, 'must be a time zone of the IANA database, such as Europe/Berlin'),
    ),
    undefined,
    "Time zone of `maintenanceSchedule`, by its IANA name (Europe/Berlin). Unset: the machine's own.",
  ),
} as const satisfies Record<string, Setting<unknown>>;
