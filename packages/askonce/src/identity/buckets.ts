/**
 * Sampling parameters and limits fall in buckets: values that hardly differ are the same question. Written as
 * `~n`, which no JSON value is written as.
 */
import type { JsonValue } from '../json.ts';
import type { Settings } from '../settings/table.ts';

/** The bucket of a number, or undefined for a value that has none and so counts as it is. */
export function bucketOf(value: JsonValue, step: number): string | undefined {
  if (typeof value !== 'number') return undefined;
  const bucket = Math.round(value / step);
  return Number.isFinite(bucket) ? `~${bucket}` : undefined;
}

/** How a limit on output tokens is written: '' where it is a ceiling only, undefined where it counts as it is. */
export function limitBucket(value: JsonValue, mode: Settings['maxTokens']): string | undefined {
  if (typeof value !== 'number') return undefined;
  if (mode === 'ceiling') return '';
  return mode === 'bucket' && value > 0 ? `~${2 ** Math.ceil(Math.log2(value))}` : undefined;
}
