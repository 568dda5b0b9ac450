/**
 * Asks the servers to give memory back. Managed servers refuse some of it, and others cannot do it: both are reported, and no
 * error.
 */
import type { Redis } from 'ioredis';
import { stay } from '../../../clock.ts';
import type { DefragmentStep } from '../../maintenance.ts';
import { allMastersOf, send } from '../server/client.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf, textOf } from '../server/replies.ts';
import { infoOf } from '../server/statistics.ts';
import { redisError } from '../server/trouble.ts';

export interface DefragmentTools {
  readonly connection: RedisConnection;
  readonly timeoutMs: number;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** How often a server is asked whether it still defragments, and for how long it may, in ms. */
const lookMs = 500;
const longestMs = 60_000;
/** Looks without a sign of it, after which it has not begun: there is too little to gain. */
const patience = 3;

/** Words by which a server refuses a command, rather than fails at it. */
const refusals: ReadonlySet<string> = new Set(['ERR', 'NOPERM', 'DISABLED', 'NOTSUPPORTED']);

export async function* defragmented(tools: DefragmentTools): AsyncGenerator<DefragmentStep | undefined> {
  for (const node of allMastersOf(tools.connection.client)) {
    if (tools.signal.aborted) return;
    yield await purged(node, tools);
    yield* activelyDefragmented(node, tools);
  }
}

async function purged(node: Redis, { timeoutMs, dryRun }: DefragmentTools): Promise<DefragmentStep> {
  const step = { store: 'redis', action: 'memory-purge' } as const;
  if (dryRun) return { ...step, outcome: 'dry-run', bytes: 0 };
  const before = await residentBytes(node, timeoutMs);
  try {
    await send(node, 'memory', ['PURGE'], timeoutMs);
  } catch (error) {
    return { ...step, outcome: 'refused', bytes: 0, message: refusalOf(error) };
  }
  const after = await residentBytes(node, timeoutMs);
  return { ...step, outcome: 'done', bytes: freedOf(before, after) };
}

/** Switches active defragmentation on until it has nothing more to do, and then to what it was. */
async function* activelyDefragmented(
  node: Redis,
  { timeoutMs, dryRun, signal }: DefragmentTools,
): AsyncGenerator<DefragmentStep | undefined> {
  const step = { store: 'redis', action: 'active-defrag' } as const;
  if (dryRun) return yield { ...step, outcome: 'dry-run', bytes: 0 };
  const before = await residentBytes(node, timeoutMs);
  let wasOn: boolean;
  try {
    const [, state] = listOf(await send(node, 'config', ['GET', 'activedefrag'], timeoutMs));
    wasOn = state !== undefined && textOf(state) === 'yes';
    if (!wasOn) await send(node, 'config', ['SET', 'activedefrag', 'yes'], timeoutMs);
  } catch (error) {
    yield { ...step, outcome: 'refused', bytes: 0, message: refusalOf(error) };
    return;
  }
  try {
    let idle = 0;
    for (let waited = 0; waited < longestMs && idle < patience && !signal.aborted; waited += lookMs) {
      await stay(lookMs);
      yield;
      const info = infoOf(textOf(await send(node, 'info', ['memory'], timeoutMs)));
      idle = Number(info['active_defrag_running'] ?? 0) > 0 ? 0 : idle + 1;
    }
  } finally {
    // A server that cannot be reached now stays with it on, which does no harm.
    if (!wasOn) await send(node, 'config', ['SET', 'activedefrag', 'no'], timeoutMs).catch(() => {});
  }
  const after = await residentBytes(node, timeoutMs);
  yield { ...step, outcome: 'done', bytes: freedOf(before, after) };
}

/** Undefined where the server does not say. */
async function residentBytes(node: Redis, timeoutMs: number): Promise<number | undefined> {
  const info = await send(node, 'info', ['memory'], timeoutMs).catch(() => '');
  const bytes = infoOf(textOf(info))['used_memory_rss'];
  return bytes === undefined ? undefined : Number(bytes);
}

/** 0 unless both are known: a server that fell silent has not given back all that it had. */
function freedOf(before: number | undefined, after: number | undefined): number {
  return before === undefined || after === undefined ? 0 : Math.max(0, before - after);
}

/** @throws the error itself if it is no refusal */
function refusalOf(error: unknown): string {
  const known = redisError(error);
  if (!refusals.has(known.word)) throw known;
  return known.word === 'NOPERM'
    ? 'Its user may not do this (ACL).'
    : 'The server does not allow it, or cannot do it: managed servers and other allocators than jemalloc cannot.';
}
