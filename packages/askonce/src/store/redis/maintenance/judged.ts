/** Reads entries for maintenance, and removes those that were judged. */
import { openEntry } from '../../../entry/codec.ts';
import type { EntryMeta } from '../../../entry/entry.ts';
import type { KeyRing } from '../../../entry/key-ring.ts';
import type { RemovalTerms, SurveyedEntry } from '../../maintenance.ts';
import { afterFront, isFrontOf } from '../entries/front.ts';
import type { RedisHeat } from '../entries/heat.ts';
import { failedToRead } from '../entries/removal.ts';
import { hashTag, vectorKey } from '../keys.ts';
import { bySlot, isReplyError, type RedisClient, send } from '../server/client.ts';
import { listOf } from '../server/replies.ts';
import type { TagSets } from '../tags/sets.ts';
import { removeJudged } from './scripts.ts';

/** An entry that was shown, and what tells whether its value is still the same. */
export interface Judged {
  readonly surveyed: SurveyedEntry;
  readonly meta: EntryMeta;
  /** The first bytes of the value: front, and the codec's prefix with its checksum. */
  readonly mark: Buffer;
}

/** Of the encoded entry: its checksum is in them. */
const prefixBytes = 16;

export interface JudgedOptions {
  readonly client: RedisClient;
  readonly timeoutMs: number;
  readonly keys: KeyRing | undefined;
  readonly heat: Pick<RedisHeat, 'of' | 'forget'>;
}

/** The entries under these keys that can be read, expired or not, at most some dozens. */
export async function judgedOf(
  { client, timeoutMs, keys: ring, heat }: JudgedOptions,
  keys: readonly string[],
): Promise<readonly Judged[]> {
  const values = new Map<string, unknown>();
  const read = async (group: readonly string[]) => {
    const replies = listOf(await send(client, 'mget', group, timeoutMs));
    for (const [at, key] of group.entries()) values.set(key, replies[at]);
  };
  const reading = Promise.all(bySlot(client, keys).map(read)).catch(failedToRead);
  const [heats] = await Promise.all([heat.of(keys), reading]);
  const each = keys.map(async (key, at): Promise<readonly Judged[]> => {
    const value = values.get(key);
    const encoded = Buffer.isBuffer(value) ? afterFront(value) : undefined;
    if (!Buffer.isBuffer(value) || encoded === undefined) return [];
    const meta = await metaIn(key, encoded, ring);
    if (meta === undefined || !isFrontOf(value, meta)) return [];
    const mark = Buffer.from(value.subarray(0, value.length - encoded.length + prefixBytes));
    const { recordingId, refreshed, expires, confidence } = meta;
    const bytes = key.length + value.length;
    const hits = heats[at]?.hits ?? 0;
    return [{ surveyed: { key, recordingId, refreshed, expires, confidence, hits, bytes }, meta, mark }];
  });
  return (await Promise.all(each)).flat();
}

async function metaIn(key: string, encoded: Uint8Array, ring: KeyRing | undefined) {
  try {
    return (await openEntry(key, encoded, ring))?.read().meta;
  } catch {
    // The lookup that finds the entry removes it.
    return undefined;
  }
}

interface RemovedJudged {
  /** What is known to be gone. */
  readonly gone: readonly SurveyedEntry[];
  /** Present if more may be gone, or rows of the index are left: the server failed in the middle of it. */
  readonly failure?: unknown;
}

/** Removes entries, and their rows of the tag index. Never rejects. */
export async function removedJudged(
  { client, timeoutMs, heat }: Omit<JudgedOptions, 'keys'>,
  sets: Pick<TagSets, 'remove'>,
  judged: readonly Judged[],
  { unlessHit }: RemovalTerms,
): Promise<RemovedJudged> {
  const byKey = new Map(judged.map((one) => [one.surveyed.key, one]));
  const gone: Judged[] = [];
  const run = async (keys: readonly string[]): Promise<void> => {
    const args = keys.flatMap((key) => {
      const one = byKey.get(key);
      return [one?.mark ?? '', unlessHit ? String(one?.surveyed.hits ?? 0) : '*'];
    });
    try {
      const replies = listOf(
        await removeJudged.run(client, [...keys, ...keys.map(vectorKey)], args, timeoutMs),
      );
      for (const [at, key] of keys.entries()) {
        const one = byKey.get(key);
        if (replies[at] === 1 && one !== undefined) gone.push(one);
      }
    } catch (error) {
      // A Cluster behind a proxy that looks like one server.
      const slots = isReplyError(error, 'CROSSSLOT') ? [...Map.groupBy(keys, hashTag).values()] : [];
      if (slots.length < 2) throw error;
      await Promise.all(slots.map(run));
    }
  };
  const removals = await Promise.allSettled(bySlot(client, [...byKey.keys()]).map(run));
  heat.forget(gone.map(({ surveyed }) => surveyed.key));
  // A member whose entry was written again meanwhile has another score, and stays.
  const tagged = new Map<string, { key: string; expires: number }[]>();
  for (const { meta, surveyed } of gone)
    for (const digest of new Set(meta.tagDigests)) {
      const members = tagged.get(digest) ?? [];
      members.push({ key: surveyed.key, expires: meta.expires });
      tagged.set(digest, members);
    }
  const indexed = await Promise.allSettled(
    Array.from(tagged, ([digest, members]) => sets.remove(digest, members, timeoutMs)),
  );
  const failed = [...removals, ...indexed].find((outcome) => outcome.status === 'rejected');
  return { gone: gone.map(({ surveyed }) => surveyed), ...(failed && { failure: failed.reason }) };
}
