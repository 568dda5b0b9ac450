/**
 * Values as PostgreSQL can store them: text is short enough for an index, besides what every store asks of it
 * (`sound-batch.ts`).
 */
import { hash } from 'node:crypto';
import { type Dimensions, type Durations, dimensionNames } from '../contract.ts';
import { durationClasses, noDurations } from '../durations.ts';
import { soundText } from '../sound-batch.ts';

/** In UTF-16 units, of at most three bytes each: an entry of an index has at most 2 704 bytes. */
const longest = 800;
const digestLength = 43;

/** Longer text is cut, and ends with its digest, so that it stays apart from others. */
export function textOf(value: string): string {
  const sound = soundText(value);
  if (sound.length <= longest) return sound;
  const start = sound.slice(0, longest - digestLength).toWellFormed();
  return `${start}${hash('sha256', sound, 'base64url')}`;
}

export function optionalText(value: string | undefined): string | null {
  return value === undefined ? null : textOf(value);
}

/** What counters are found by beside their bucket: sets of dimensions may be too long for an index. As text of a `bytea`. */
export function digestOf(dimensions: Dimensions): string {
  const names = dimensionNames.map((name) => textOf(dimensions[name]));
  return `\\x${hash('sha256', JSON.stringify(names), 'hex').slice(0, 32)}`;
}

/** The classes up to the last that has durations. */
export function arrayOf(durations: Durations): readonly number[] {
  let length = durationClasses;
  while (length > 0 && (durations[length - 1] ?? 0) === 0) length -= 1;
  return Array.from(durations.subarray(0, length));
}

/** Reads an array of numbers as the server prints it: `{1,NULL,3}`. Sums beyond 2⁵³ are the nearest number. */
export function numbersOf(printed: unknown): readonly number[] {
  return String(printed)
    .slice(1, -1)
    .split(',')
    .map((number) => Number(number) || 0);
}

export function durationsOf(printed: unknown): Durations {
  const durations = noDurations();
  for (const [at, count] of numbersOf(printed).slice(0, durationClasses).entries()) durations[at] = count;
  return durations;
}
