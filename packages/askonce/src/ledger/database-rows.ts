/** Rows of a database as the contract has them, by the order of their columns: both stores ask for them alike. */
import type { Pattern, TagChange } from './contract.ts';

type Row = readonly unknown[];

export const tagSums = 'tag, sum(requests), sum(hits), sum(saved_nano)';

export function tagSumOf([tag, requests, hits, savedNano]: Row): Omit<TagChange, 'bucket'> {
  return {
    tag: String(tag),
    requests: Number(requests),
    hits: Number(hits),
    savedNano: Number(savedNano),
  };
}

export const patternColumns = 'key, text, language, category, model, tenant, hits, last_asked';

export function patternOf([key, text, language, category, model, tenant, hits, lastAsked]: Row): Pattern {
  return {
    key: String(key),
    ...(typeof text === 'string' ? { text } : {}),
    language: String(language),
    category: String(category),
    model: String(model),
    tenant: String(tenant),
    hits: Number(hits),
    lastAsked: Number(lastAsked),
  };
}
