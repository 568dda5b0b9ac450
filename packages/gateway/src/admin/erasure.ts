/**
 * Admin calls that erase all answers of one user. What an index names is gone when they answer; the look at every entry
 * that follows and a slow ledger may take longer than a caller waits, and then end with a line in the audit log.
 */
import type { Clock } from 'askonce';
import { maxContextLength } from 'askonce/gateway-kit';
import { z } from 'zod';
import { type AdminRoute, administering, adminRoute, entryCount, parametersSchema, parse } from './route.ts';

/** An erasure answers within this time, in ms, unless the store itself takes longer. */
const answerMs = 4_000;

const reasonText = z.string().trim().min(1).max(500);
const reasonInQuery = z.object({
  reason: z
    .array(z.string())
    .transform((reasons) => reasons.join('; '))
    .pipe(reasonText)
    .optional(),
});

const erasure = z.strictObject({
  /** Those that the thorough look has found so far are among them. */
  removed: entryCount,
  reason: z.string(),
  byIndex: entryCount,
  /** Rows of the ledger; 0 while it is running. */
  ledgerRows: entryCount,
  /** Only if the ledger has not erased all rows yet. */
  ledger: z.strictObject({ state: z.literal('running') }).optional(),
  thorough: z.union([
    z.strictObject({ state: z.literal('done'), removed: entryCount }),
    z.strictObject({ state: z.literal('running') }),
  ]),
});

/** All answers of one user, named in the path, or as `?id=` for an id that no path can hold. */
const erasing = (path: string) =>
  adminRoute({
    ...administering,
    method: 'DELETE',
    path,
    summary: "Erase a user's data.",
    invalid: 'invalid_request',
    query: parametersSchema({
      id: z
        .array(z.string().min(1).max(maxContextLength))
        .length(1, 'name exactly one user, as /cache/users/ID or ?id=ID'),
      // Read only without a body: a body's reason takes its place, whatever it is.
      reason: z.array(z.string()).optional(),
    }),
    body: z.strictObject({ reason: reasonText.optional() }).nullish(),
    answer: erasure,
    errors: ['invalidation_failed', 'store_failed'],
    example: { query: { id: 'ada' }, body: { reason: 'asked by mail' } },
    async run({ cache, audit, clock, digestUser }, { query, body, ...call }) {
      const [user = ''] = query.id;
      const reason = (body ?? parse(reasonInQuery, query, 'invalid_request')).reason ?? 'not given';
      const line = { user: digestUser(user), reason };
      const failed = () => audit(call, "erasing a user's answers failed", line);
      const due = clock.monotonic() + answerMs;
      try {
        const { byIndex, ledger, thorough } = await cache.beginErasure(user);
        const [found, rows] = await Promise.all([until(clock, due, thorough), until(clock, due, ledger)]);
        const removed = byIndex + (found ?? 0);
        const ledgerRows = rows ?? 0;
        await audit(call, "a user's answers were erased", { ...line, removed, ledgerRows });
        if (found === undefined)
          thorough.then(
            (more) =>
              audit(call, "the look at every entry for a user's answers ended", { ...line, removed: more }),
            failed,
          );
        if (rows === undefined)
          ledger.then(
            (all) => audit(call, "a user's rows in the ledger were erased", { ...line, ledgerRows: all }),
            failed,
          );
        return {
          removed,
          reason,
          byIndex,
          ledgerRows,
          ...(rows === undefined ? { ledger: { state: 'running' as const } } : {}),
          thorough:
            found === undefined ? { state: 'running' as const } : { state: 'done' as const, removed: found },
        };
      } catch (error) {
        await failed();
        throw error;
      }
    },
  });

/** What `pending` resolves with, or undefined once the instant `due` has come (monotonic ms). */
function until<T>(clock: Clock, due: number, pending: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(() => resolve(undefined), Math.max(0, due - clock.monotonic()));
    pending.then(resolve, reject).finally(cancel);
  });
}

export const erasureRoutes: readonly AdminRoute[] = [erasing('/cache/users'), erasing('/cache/users/{id}')];
