/** Rows of a database as the contract has them, by the order of their columns: both stores ask for them alike. */
import { maintenanceKinds } from '../maintenance/kinds.ts';
import type { MaintenanceRun, Pattern, TagChange } from './contract.ts';

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

/** Of `defragment` the first is always 0. Both are null where the kind was not asked for. */
const columnsOfKinds = maintenanceKinds.flatMap((kind) => {
  const name = kind.replace('-', '_');
  return [`${name}_entries`, `${name}_bytes`];
});

export const runColumnNames = ['started_at', 'duration_ms', 'outcome', 'looked', ...columnsOfKinds];

export function runOf([startedAt, durationMs, outcome, looked, ...figures]: Row): MaintenanceRun {
  return {
    startedAt: Number(startedAt),
    durationMs: Number(durationMs),
    outcome: String(outcome),
    looked: Number(looked),
    kinds: Object.fromEntries(
      maintenanceKinds.flatMap((kind, at) => {
        const [count, bytes] = figures.slice(2 * at);
        return typeof count === 'object' ? [] : [[kind, { count: Number(count), bytes: Number(bytes) }]];
      }),
    ),
  };
}

/** Its values in the order of the columns. */
export function valuesOfRun({ startedAt, durationMs, outcome, looked, kinds }: MaintenanceRun) {
  const figures = maintenanceKinds.flatMap((kind) => [
    kinds[kind]?.count ?? null,
    kinds[kind]?.bytes ?? null,
  ]);
  return [startedAt, durationMs, outcome, looked, ...figures];
}
