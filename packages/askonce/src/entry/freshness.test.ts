import { describe, expect, it } from 'vitest';
import { librarySettings } from '../settings/read.ts';
import type { SettingsInput } from '../settings/table.ts';
import { type EntryMeta, entrySchemaVersion } from './entry.ts';
import { type FreshnessLimits, judge, type LifetimeWish, lifetime, type Verdict } from './freshness.ts';

const hour = 3600;
const day = 24 * hour;
const tenYears = 315_360_000;

describe('how long an answer lives', () => {
  it.each<[string, SettingsInput, string | undefined, LifetimeWish, number, number]>([
    ['by default', {}, undefined, {}, 7 * day, 30 * day],
    ['in a category that is not listed', {}, 'weather', {}, 7 * day, 30 * day],
    ['a greeting: only for room', {}, 'greeting', {}, tenYears, tenYears],
    ['pricing', {}, 'pricing', {}, 7 * day, 8 * day],
    ['availability', {}, 'availability', {}, hour, 2 * hour],
    ['a category in another case', {}, 'Pricing', {}, 7 * day, 8 * day],
    [
      'a category that the settings list in another case',
      { categories: { VIP: { stale: 1, gone: 2 } } },
      'vip',
      {},
      1,
      2,
    ],
    ['a category called as something every object has', {}, 'constructor', {}, 7 * day, 30 * day],
    ['another __proto__', {}, '__proto__', {}, 7 * day, 30 * day],
    ['by days of the settings', { staleDays: 1, ttlDays: 2 }, undefined, {}, day, 2 * day],
    ['by seconds, which go before days', { ttlSeconds: 60, ttlDays: 2 }, undefined, {}, 60, 60],
    ['stale time is never longer', { staleDays: 9, ttlDays: 2 }, undefined, {}, 2 * day, 2 * day],
    ['a category whose stale time is longer', { categories: { a: { stale: 10, gone: 5 } } }, 'a', {}, 5, 5],
    [
      'a category that is never stale but expires',
      { categories: { a: { stale: null, gone: 5 } } },
      'a',
      {},
      5,
      5,
    ],
    ['a category of one`s own replaces the table', { categories: {} }, 'pricing', {}, 7 * day, 30 * day],
    ['seconds of the settings leave categories alone', { ttlSeconds: 60 }, 'pricing', {}, 7 * day, 8 * day],
    ['as the request says', {}, undefined, { ttl: 100, staleAfter: 50 }, 50, 100],
    ['the request before the category', {}, 'availability', { ttl: 9000, staleAfter: 8000 }, 8000, 9000],
    ['only the time until it expires by the request', {}, 'availability', { ttl: 60 }, 60, 60],
    ['only stale by the request', {}, 'pricing', { staleAfter: 0 }, 0, 8 * day],
    [
      'never longer than the settings allow',
      { maxTtlSeconds: 50 },
      undefined,
      { ttl: 100, staleAfter: 90 },
      50,
      50,
    ],
    [
      'without end means as long as allowed',
      {},
      undefined,
      { ttl: Infinity, staleAfter: Infinity },
      30 * day,
      30 * day,
    ],
    ['never before it began', {}, undefined, { ttl: -5, staleAfter: -9 }, 0, 0],
    ['no number is no wish', {}, 'pricing', { ttl: Number.NaN, staleAfter: Number.NaN }, 7 * day, 8 * day],
  ])('the lifetime of an answer: %s', (_what, settings, category, wish, stale, expires) => {
    expect(lifetime(librarySettings(settings), category, wish)).toEqual({ stale, expires });
  });
});

describe('whether an entry may be served', () => {
  const meta: EntryMeta = {
    version: entrySchemaVersion,
    recordingId: 'r',
    protocol: 'openai-chat',
    upstream: 'u',
    subject: 'm',
    partition: 'p',
    frame: 'f',
    fields: {},
    language: 'und',
    tags: [],
    finish: 'stop',
    began: 0,
    lease: 0,
    created: 0,
    refreshed: 100_000,
    staleAfter: 160_000,
    expires: 200_000,
  };
  it.each<[string, number, FreshnessLimits, Verdict]>([
    ['just made', 100_000, {}, 'fresh'],
    ['a millisecond before it is stale', 159_999, {}, 'fresh'],
    ['at the instant it is stale', 160_000, {}, 'too-stale'],
    ['a millisecond before it expires', 199_999, {}, 'too-stale'],
    ['at the instant it expires', 200_000, {}, 'expired'],
    ['long expired, whatever is accepted', 900_000, { maxStale: Infinity }, 'expired'],
    ['expired, and no-cache', 200_000, { noCache: true }, 'expired'],
    ['no-cache', 100_000, { noCache: true }, 'forbidden'],
    ['as old as max-age', 110_000, { maxAge: 10 }, 'fresh'],
    ['a millisecond older than max-age', 110_001, { maxAge: 10 }, 'forbidden'],
    ['max-age=0, made in this millisecond', 100_000, { maxAge: 0 }, 'fresh'],
    ['max-age=0, a millisecond later', 100_001, { maxAge: 0 }, 'forbidden'],
    ['max-age counts from the last refresh, not from the first making', 105_000, { maxAge: 5 }, 'fresh'],
    ['max-age is no leave to be stale', 165_000, { maxAge: 90 }, 'too-stale'],
    ['fresh for as long as min-fresh', 150_000, { minFresh: 10 }, 'fresh'],
    ['fresh for a millisecond less', 150_001, { minFresh: 10 }, 'forbidden'],
    ['stale for as long as max-stale', 165_000, { maxStale: 5 }, 'stale'],
    ['stale for a millisecond more', 165_001, { maxStale: 5 }, 'too-stale'],
    ['max-stale=0 at the instant it is stale', 160_000, { maxStale: 0 }, 'stale'],
    ['any max-stale', 199_999, { maxStale: Infinity }, 'stale'],
    ['max-stale within max-age', 165_000, { maxStale: 5, maxAge: 65 }, 'stale'],
    ['max-stale beyond max-age', 165_001, { maxStale: 50, maxAge: 65 }, 'forbidden'],
    ['min-fresh=0 of a stale one', 160_001, { minFresh: 0, maxStale: 5 }, 'forbidden'],
    ['a clock that was set back', 50_000, { maxAge: 0 }, 'fresh'],
  ])('with %s (at instant %i, limits %j) the entry is %s', (_what, now, limits, verdict) => {
    expect(judge(meta, limits, now)).toBe(verdict);
  });
});
