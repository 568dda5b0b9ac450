/** Checks that the server evicts only entries, which have an expiry, and never control keys, which have none. */
import type { Redis } from 'ioredis';
import { reportTrouble } from '../../../observe/report.ts';
import type { CheckedOptions, EvictionPolicy } from '../options.ts';
import { allMastersOf, send } from './client.ts';
import type { RedisConnection } from './connection.ts';
import { listOf, textOf } from './replies.ts';
import { infoOf } from './statistics.ts';

/**
 * Reports every master's policy that differs from the expected one, or sets it.
 *
 * @throws AskonceError `store_failed` if not every master can be asked
 */
export async function checkEvictionPolicy(
  connection: RedisConnection,
  settings: CheckedOptions,
): Promise<void> {
  const { evictionPolicy, setEvictionPolicy, timeoutMs } = settings;
  const found = new Set<string>();
  for (const node of allMastersOf(connection.client)) {
    const policy = await policyOf(node, timeoutMs);
    if (policy === undefined || policy === evictionPolicy) continue;
    if (setEvictionPolicy && (await sets(node, evictionPolicy, timeoutMs))) continue;
    found.add(policy);
  }
  for (const policy of found)
    reportTrouble(settings.onTrouble, {
      store: 'redis',
      operation: 'open',
      message: warning(policy, settings),
    });
}

/** A managed server may refuse `CONFIG` and still answer `INFO`. */
async function policyOf(node: Redis, timeoutMs: number): Promise<string | undefined> {
  try {
    const [, policy] = listOf(await send(node, 'config', ['GET', 'maxmemory-policy'], timeoutMs));
    return textOf(policy);
  } catch {
    const reply = await send(node, 'info', ['memory'], timeoutMs).catch(() => '');
    return infoOf(textOf(reply))['maxmemory_policy'];
  }
}

async function sets(node: Redis, policy: EvictionPolicy, timeoutMs: number): Promise<boolean> {
  return await send(node, 'config', ['SET', 'maxmemory-policy', policy], timeoutMs).then(
    () => true,
    () => false,
  );
}

function warning(policy: string, { evictionPolicy, setEvictionPolicy }: CheckedOptions): string {
  const refused = setEvictionPolicy ? ', and refuses to change it' : '';
  return `Redis has maxmemory-policy ${policy}, expected ${evictionPolicy} (evictionPolicy)${refused}.${meaning(policy)}`;
}

function meaning(policy: string): string {
  if (policy.startsWith('allkeys-'))
    return ' It may evict control keys, such as the invalidation log; all stored entries are dropped then.';
  if (policy === 'noeviction') return ' Once its memory is full, it stores nothing new.';
  return '';
}
