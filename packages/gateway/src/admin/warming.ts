/**
 * Admin calls that warm the cache: they start a job, report its progress, and stop it.
 */
import type { OutgoingHttpHeaders } from 'node:http';
import { AskonceError } from 'askonce';
import { z } from 'zod';
import { warmEntry } from '../warming/entry.ts';
import type { WarmJob } from '../warming/jobs.ts';
import {
  type AdminRoute,
  adminRoute,
  anyQuery,
  entryCount,
  noBody,
  operating,
  parametersSchema,
  shownKeyword,
  viewing,
} from './route.ts';

/** Entries of one call; its body is a megabyte at most. */
const maxEntries = 10_000;

/** When a caller that is refused may try again. */
const retryAfterSeconds = 30;

const instant = z.iso.datetime();
const id = z.uuid();

const job = z.strictObject({
  id,
  state: z.enum(['waiting', 'running', 'done', 'stopped', 'failed']),
  /** Why it was stopped, or failed. */
  reason: z.string().optional(),
  questions: entryCount,
  processed: entryCount,
  skipped: entryCount,
  created: entryCount,
  failed: entryCount,
  /** `entries`: places of the first of them in the call's list, from 0. */
  failures: z
    .array(z.strictObject({ reason: z.string(), count: entryCount, entries: z.array(entryCount).readonly() }))
    .readonly(),
  inputTokens: entryCount,
  outputTokens: entryCount,
  /** US dollars. */
  cost: z.number().nonnegative(),
  costEstimated: z.boolean(),
  asked: instant,
  started: instant.optional(),
  ended: instant.optional(),
});

/**
 * An entry as the document shows it. It is checked when its request is made, a few at a time: a check of ten thousand in one
 * go would hold all other requests up.
 */
const entry = z.unknown().meta({ [shownKeyword]: warmEntry });

const ofJob = parametersSchema({ id: z.array(z.string().min(1).max(64)).length(1, 'name exactly one job') });

const warmCall = adminRoute({
  ...operating,
  method: 'POST',
  path: '/cache/warm',
  summary: 'Warm the cache: ask questions with the gateway’s own keys, and store the answers.',
  invalid: 'invalid_request',
  query: anyQuery,
  body: z.strictObject({
    entries: z.array(entry).min(1).max(maxEntries),
  }),
  answer: z.strictObject({ id }),
  status: 202,
  errors: ['warm_without_key', 'warm_limited'],
  example: { body: { entries: [{ model: 'gpt-4.1-mini', question: 'How do I reset my password?' }] } },
  async run({ warming, audit }, call) {
    const { body, errorHeaders } = call;
    const { begin } = await warming();
    const { id: begun } = await limited(errorHeaders, () => begin(body.entries));
    await audit(call, 'warming was started', { job: begun, questions: body.entries.length });
    return { id: begun };
  },
});

/** What the calls on one job share. */
const ofOneJob = {
  path: '/cache/warm/{id}',
  invalid: 'invalid_request',
  query: ofJob,
  body: noBody,
  answer: job,
  errors: ['warm_unknown'],
  example: { query: { id: 'c0ffee00-0000-4000-8000-000000000000' } },
} as const;

const warmProgress = adminRoute({
  ...viewing,
  method: 'GET',
  summary: 'Report the progress of a job that warms the cache.',
  ...ofOneJob,
  run: async ({ warming }, { query }) => shown((await warming()).get(query.id[0] ?? '')),
});

const warmStop = adminRoute({
  ...operating,
  method: 'DELETE',
  summary: 'Stop a job that warms the cache; questions that are being asked are still answered.',
  ...ofOneJob,
  async run({ warming, audit }, call) {
    const stopped = shown((await warming()).stop(call.query.id[0] ?? ''));
    await audit(call, 'warming was stopped', { job: stopped.id });
    return stopped;
  },
});

/** Says when a caller may try again that is refused since too many jobs wait. */
async function limited<Value>(
  headers: OutgoingHttpHeaders | undefined,
  begin: () => Promise<Value>,
): Promise<Value> {
  try {
    return await begin();
  } catch (error) {
    if (headers !== undefined && AskonceError.isInstance(error) && error.code === 'warm_limited')
      headers['retry-after'] = String(retryAfterSeconds);
    throw error;
  }
}

/** @throws AskonceError `warm_unknown` */
function shown(found: WarmJob | undefined): z.input<typeof job> {
  if (found === undefined)
    throw new AskonceError(
      'warm_unknown',
      'There is no such job, or not any more; jobs are forgotten when the gateway restarts. Start it again: what is stored is skipped.',
    );
  const { figures, asked, started, ended, reason, ...rest } = found;
  const { absent: _, failures, ...counted } = figures;
  const at = (ms: number) => new Date(ms).toISOString();
  return {
    ...rest,
    ...(reason !== undefined && { reason }),
    ...counted,
    failures: failures.map(({ reason: why, count, at: entries }) => ({ reason: why, count, entries })),
    asked: at(asked),
    ...(started !== undefined && { started: at(started) }),
    ...(ended !== undefined && { ended: at(ended) }),
  };
}

export const warmingRoutes: readonly AdminRoute[] = [warmCall, warmProgress, warmStop];
