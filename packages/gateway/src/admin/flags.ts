/**
 * Admin calls for feature flags: the share of all questions that each is on for, and changes of it.
 */
import type { FlagName } from 'askonce';
import { flagNames, settingsTable } from 'askonce/gateway-kit';
import { z } from 'zod';
import { recorded } from './audit.ts';
import { type AdminRoute, adminRoute, anyQuery, noBody, operating, viewing } from './route.ts';

const path = '/cache/flags';
const percent = z.number().min(0).max(100);
const answer = z.strictObject({
  flags: z.strictObject(Object.fromEntries(flagNames.map((name) => [name, percent]))),
});

const show = adminRoute({
  ...viewing,
  method: 'GET',
  summary: 'Read the feature flags.',
  path,
  invalid: 'invalid_request',
  query: anyQuery,
  body: noBody,
  answer,
  run: async ({ cache }) => ({ flags: cache.flags() }),
});

/** Each flag by its setting's name and by its environment variables. */
const byName = new Map<string, FlagName>(
  flagNames.flatMap((name) =>
    [name, ...settingsTable[name].env].map((spelling) => [spelling, name] as const),
  ),
);

const wrongShare = 'must be true, false, a percentage (25 or "25%"), or null for the settings\' own';
const share = z.union(
  [
    z.null(),
    z.boolean(),
    z.number().min(0).max(100),
    z
      .string()
      .regex(/^\d{1,3}(\.\d{1,9})?%$/)
      .transform((text) => Number(text.slice(0, -1)))
      .refine((percent) => percent <= 100),
  ],
  wrongShare,
);

/** `{ "staleWhileRevalidate": 10 }`; `ENABLE_SWR` also names the flag, and `"10%"` the share. */
const change = z
  .record(z.string(), share)
  .refine((given) => Object.keys(given).length > 0, 'name at least one flag')
  .meta({ minProperties: 1, propertyNames: { enum: [...byName.keys()] } })
  .transform((given, context) => {
    const shares: Partial<Record<FlagName, boolean | number | null>> = {};
    for (const [spelling, value] of Object.entries(given)) {
      const name = byName.get(spelling);
      if (name === undefined || name in shares) {
        const message =
          name === undefined
            ? `unknown flag; expected one of ${flagNames.join(', ')}`
            : `${name} is named twice`;
        context.addIssue({ code: 'custom', message });
        return z.NEVER;
      }
      shares[name] = value;
    }
    return shares;
  });

const set = adminRoute({
  ...operating,
  method: 'PUT',
  summary: 'Change feature flags, at every gateway that shares the store.',
  path,
  invalid: 'invalid_flags',
  query: anyQuery,
  body: change,
  answer,
  errors: ['store_failed'],
  example: { body: { staleWhileRevalidate: '50%', semanticCache: null } },
  async run({ cache, audit }, { body, ...call }) {
    const flags = await recorded(
      { audit, call, fields: { changed: body } },
      { done: 'flags were changed', failed: 'changing flags failed' },
      () => cache.changeFlags(body),
      (now) => ({ flags: now }),
    );
    return { flags };
  },
});

export const flagRoutes: readonly AdminRoute[] = [show, set];
