/** Entries, as the log judges them. */
import type { Entry } from '../entry/entry.ts';
import type { Found } from '../store/contract.ts';
import type { Answer, InvalidationLog, Standing } from './log.ts';

export function answerOfEntry({ key, meta }: Entry): Answer {
  return { key, began: meta.began, log: meta.log, tagDigests: meta.tagDigests ?? [] };
}

/** Judges an entry by its own tags, and by those that were added to it. */
export function standingOf(
  log: Pick<InvalidationLog, 'standing'>,
  entry: Entry,
  added: Found['added'],
): Standing {
  const own = answerOfEntry(entry);
  const standing = log.standing(own);
  if (standing !== 'stands' || added === undefined) return standing;
  return log.standing({ ...own, tagDigests: [...own.tagDigests, ...added.keys()] });
}
