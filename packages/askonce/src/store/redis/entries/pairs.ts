/** Scripts on entries and their vectors: one call for each slot, whose keys are the entries and then their vectors. */
import { hashTag, vectorKey } from '../keys.ts';
import { bySlot, isReplyError, type RedisClient, type RedisScript, type Reply } from '../server/client.ts';

/** The reply of a script about some of the entries. */
export interface PairsReply {
  readonly keys: readonly string[];
  readonly reply: Reply;
}

/** Runs the script on all entries at once, at most some thousand. A key that comes twice is given once. */
export async function runOnPairs(
  client: RedisClient,
  script: RedisScript,
  entries: readonly string[],
  timeoutMs: number,
): Promise<readonly PairsReply[]> {
  const run = async (keys: readonly string[]): Promise<readonly PairsReply[]> => {
    try {
      const reply = await script.run(client, [...keys, ...keys.map(vectorKey)], [], timeoutMs);
      return [{ keys, reply }];
    } catch (error) {
      // A Cluster behind a proxy that looks like one server.
      const slots = isReplyError(error, 'CROSSSLOT') ? [...Map.groupBy(keys, hashTag).values()] : [];
      if (slots.length < 2) throw error;
      return (await Promise.all(slots.map(run))).flat();
    }
  };
  return (await Promise.all(bySlot(client, [...new Set(entries)]).map(run))).flat();
}
