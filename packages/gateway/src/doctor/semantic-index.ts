/** Checks the database of the semantic index, and makes nothing in it. */
import type { Clock } from 'askonce';
import { isAskedFor } from '../semantic/start-lines.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { type Check, messageOf } from './check.ts';

/** No check where the index is in memory, or there is no tier. */
export async function semanticIndexChecks(
  settings: GatewaySettings,
  clock: Clock,
): Promise<readonly Check[]> {
  const { semanticIndex, databaseUrl: url } = settings;
  if (semanticIndex !== 'pgvector' || url === undefined || !isAskedFor(settings)) return [];
  const what = 'semantic index';
  const began = clock.monotonic();
  try {
    const { inspectPgvector } = await import('askonce/pgvector');
    const { version, tables } = await inspectPgvector({ url });
    const ms = Math.round(clock.monotonic() - began);
    const message =
      version === undefined
        ? 'the server has pgvector, and the first gateway creates it in the database'
        : `pgvector ${version}, vectors of ${tables} ${tables === 1 ? 'embedder' : 'embedders'}, ${ms} ms`;
    return [{ state: 'ok', what, message }];
  } catch (error) {
    return [{ state: 'fail', what, message: messageOf(error) }];
  }
}
