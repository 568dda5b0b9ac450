/**
 * The questions that stored answers were served to most often.
 */
import { AskonceError } from '../../errors.ts';
import type { LedgerStore, PatternQuery } from '../contract.ts';

export interface TopQuestionsQuery {
  /** From 1 to 100; default 10. */
  readonly limit?: number | undefined;
  /** Only questions that have all of these. */
  readonly where?: PatternQuery['where'] | undefined;
}

export interface TopQuestion {
  /** At most 500 characters; absent if text is not stored. */
  readonly text?: string;
  /** Of the entry. */
  readonly key: string;
  /** Since the question was first asked; not of a range. */
  readonly hits: number;
  readonly language: string;
  readonly category: string;
  readonly model: string;
  /** In UTC. */
  readonly lastAsked: string;
}

const most = 100;

/**
 * In descending order of hits.
 * @throws AskonceError `invalid_request` for a limit out of bounds; `store_failed`
 */
export async function topQuestions(
  ledger: Pick<LedgerStore, 'patterns'>,
  { limit = 10, where = {} }: TopQuestionsQuery = {},
): Promise<{ readonly queries: readonly TopQuestion[] }> {
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw new AskonceError('invalid_request', `limit must be a whole number from 1 to ${most}.`);
  const patterns = await ledger.patterns({ where, limit });
  return {
    queries: patterns.map(({ text, key, hits, language, category, model, lastAsked }) => ({
      ...(text !== undefined && { text }),
      key,
      hits,
      language,
      category,
      model,
      lastAsked: new Date(lastAsked).toISOString(),
    })),
  };
}
