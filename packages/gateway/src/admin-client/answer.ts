/**
 * Reads an answer by the schema of its call. The schemas are strict, so that the table says all that a gateway answers; a
 * newer gateway may answer more, and its additional members are left out rather than refused.
 */
import { firstFault, plainWords } from 'askonce/gateway-kit';
import type { z } from 'zod';

export type Read<Answer> =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly fault: string };

/** One for each level of nesting behind unions, which show one level at a time. */
const mostPasses = 16;

/** @param value fresh from `JSON.parse`: members that the schema does not know are removed from it */
export function answerIn<Answer>(schema: z.ZodType<Answer>, value: unknown): Read<Answer> {
  for (let pass = 0; ; pass += 1) {
    const parsed = schema.safeParse(value, { error: plainWords });
    if (parsed.success) return { ok: true, answer: parsed.data };
    const removed = pass < mostPasses && removeUnknown(value, parsed.error.issues);
    if (removed) continue;
    const { path, message } = firstFault(parsed.error);
    return { ok: false, fault: path.length === 0 ? message : `${path.join('.')} ${message}` };
  }
}

type Issue = z.core.$ZodIssue;

/** Removes what the issues call unknown. Returns whether anything was removed. */
function removeUnknown(root: unknown, issues: readonly Issue[]): boolean {
  let removed = false;
  for (const issue of issues) {
    const at = memberAt(root, issue.path);
    if (issue.code === 'unrecognized_keys') {
      if (typeof at !== 'object' || at === null) continue;
      for (const key of issue.keys) removed = Reflect.deleteProperty(at, key) || removed;
    } else if (issue.code === 'invalid_union') {
      // The alternative that is meant is the one that only additional members keep from matching.
      const meant = issue.errors.find(isOnlyMore);
      if (meant !== undefined) removed = removeUnknown(at, meant) || removed;
    }
  }
  return removed;
}

function isOnlyMore(issues: readonly Issue[]): boolean {
  return (
    issues.length > 0 &&
    issues.every(
      (issue) =>
        issue.code === 'unrecognized_keys' ||
        (issue.code === 'invalid_union' && issue.errors.some(isOnlyMore)),
    )
  );
}

function memberAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = root;
  for (const name of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined;
  return at;
}
