/**
 * Admin calls that erase all answers of one user. What an index names is gone when they answer; the look at every entry
 * that follows may take longer than a caller waits, and then ends with a line in the audit log.
 */
import type { Clock } from 'askonce';
import { maxContextLength } from 'askonce/gateway-kit';
import { z } from 'zod';
import { type AdminRoute, access, adminRoute, entryCount, parametersSchema, parse } from './route.ts';

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
  /** Rows of the ledger. */
  ledgerRows: entryCount,
  thorough: z.union([
    z.strictObject({ state: z.literal('done'), removed: entryCount }),
    z.strictObject({ state: z.literal('running') }),
  ]),
});

/** All answers of one user, named in the path, or as `?id=` for an id that no path can hold. */
const erasing = (path: string) =>
  adminRoute({
    ...access,
    method: 'DELETE',
    path,
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
    async run({ cache, log, clock, digestUser }, { query, body, caller, requestId }) {
      const [user = ''] = query.id;
      const reason = (body ?? parse(reasonInQuery, query, 'invalid_request')).reason ?? 'not given';
      const line = {
        user: digestUser(user),
        reason,
        by: caller.role,
        address: caller.address,
        requestId,
      };
      const failed = () => log.audit("erasing a user's answers failed", line);
      const due = clock.monotonic() + answerMs;
      try {
        const { byIndex, ledgerRows, thorough } = await cache.beginErasure(user);
        const found = await until(clock, due, thorough);
        const removed = byIndex + (found ?? 0);
        log.audit("a user's answers were erased", { ...line, removed, ledgerRows });
        if (found !== undefined)
          return {
            removed,
            reason,
            byIndex,
            ledgerRows,
            thorough: { state: 'done' as const, removed: found },
          };
        thorough.then(
          (more) =>
            log.audit("the look at every entry for a user's answers ended", { ...line, removed: more }),
          failed,
        );
        return { removed, reason, byIndex, ledgerRows, thorough: { state: 'running' as const } };
      } catch (error) {
        failed();
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
