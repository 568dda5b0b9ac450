/** Maintenance of Redis: by walks in bounded steps, and removals that compare before they remove. */
import type { Scan } from '../../contract.ts';
import { nextTurn } from '../../filter.ts';
import type { StoreMaintenance, SurveyedEntry } from '../../maintenance.ts';
import type { RedisHeat } from '../entries/heat.ts';
import type { EntryLook } from '../entries/look.ts';
import { failedToDelete, failedToRead } from '../entries/removal.ts';
import type { CheckedOptions } from '../options.ts';
import { allMastersOf, send } from '../server/client.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf, wholeOf } from '../server/replies.ts';
import type { TagSets } from '../tags/sets.ts';
import { defragmented } from './defragment.ts';
import { type Judged, judgedOf, removedJudged } from './judged.ts';
import { lostMembers, lostVectors } from './remains.ts';

export { maintenanceScripts } from './scripts.ts';

export interface RedisMaintenanceOptions
  extends Pick<CheckedOptions, 'clock' | 'encoding' | 'prefix' | 'timeoutMs'> {
  readonly connection: RedisConnection;
  readonly heat: RedisHeat;
  readonly scan: Pick<Scan, 'keys'>;
  readonly tags: { readonly sets: TagSets; readonly look: EntryLook };
}

/** Entries that are read in one command: at most some 32 MB. */
const readAtOnce = 32;

export function redisMaintenance(options: RedisMaintenanceOptions): StoreMaintenance {
  const { connection, timeoutMs, clock, encoding, heat, scan, tags } = options;
  const { client } = connection;
  const reading = { client, timeoutMs, keys: encoding.keys, heat };

  /** The earliest of the masters' clocks. */
  async function now(): Promise<number> {
    const instants = allMastersOf(client).map(async (node) => {
      const [seconds, micros] = listOf(await send(node, 'time', [], timeoutMs));
      return wholeOf(seconds) * 1_000 + Math.floor(wholeOf(micros) / 1_000);
    });
    return Math.min(...(await Promise.all(instants).catch(failedToRead)));
  }

  return {
    bytesEstimated: true,
    now,
    async *survey({ mayFit }) {
      let failed: unknown;
      for await (const keys of scan.keys('*')) {
        for (let from = 0; from < keys.length; from += readAtOnce) {
          const some = keys.slice(from, from + readAtOnce);
          const judged = new Map<SurveyedEntry, Judged>();
          for (const one of await judgedOf(reading, some))
            if (mayFit(one.surveyed)) judged.set(one.surveyed, one);
          yield {
            looked: some.length,
            entries: [...judged.keys()],
            async remove(entries, terms) {
              const meant = entries.flatMap((entry) => judged.get(entry) ?? []);
              const { gone, failure } = await removedJudged(reading, tags.sets, meant, terms);
              failed ??= failure;
              return gone;
            },
          };
          // Only now: what is gone has been counted.
          if (failed !== undefined) failedToDelete(failed);
          await nextTurn();
        }
      }
    },
    async *remains({ dryRun }) {
      const earliest = Math.min(clock.now(), await now());
      const tools = { ...options, ...tags, now: earliest, dryRun };
      try {
        yield* lostVectors(tools);
        yield* lostMembers(tools);
      } catch (error) {
        failedToRead(error);
      }
    },
    defragment: ({ dryRun, signal }) => defragmented({ connection, timeoutMs, dryRun, signal }),
  };
}
