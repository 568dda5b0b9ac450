/**
 * Random histories of events, against counts that are made here in the plainest way: by looking at the whole history for
 * each figure.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventOf, facts, hit, providerAnswer } from '../../../../../test/support/ledger-events.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { bucketMs } from '../contract.ts';
import { addCounts, type Counts, noCounts } from '../counts.ts';
import type { Pricing } from '../pricing/contract.ts';
import { flatPricing } from '../pricing/flat-rate.ts';
import { openAccounts } from './accounts.ts';
import type { Gathered } from './books.ts';

type Usage = NonNullable<EventOf<'hit'>['usage']>;

/** Three nanodollars for an input token and seven for an output token; the flat rate without tokens. */
const pricing: Pricing = {
  source: flatPricing.source,
  costOf: ({ usage, otherwise }) => ({
    nano:
      usage === undefined
        ? otherwise === 'nothing'
          ? 0
          : 2_000_000
        : 3 * usage.inputTokens + 7 * usage.outputTokens,
    estimated: usage === undefined || usage.estimated === true,
    promptCacheNano: usage?.cachedInputTokens ?? 0,
  }),
};
const nanoOf = (usage: Usage | undefined) =>
  pricing.costOf({ provider: '', protocol: '', model: '', usage, at: 0 }).nano;
const isEstimate = (usage: Usage | undefined) => usage === undefined || usage.estimated === true;

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const usages = optional(
  fc.record({
    inputTokens: fc.integer({ min: 1000, max: 5000 }),
    outputTokens: fc.nat(5000),
    cachedInputTokens: optional(fc.nat(500)),
    cacheWriteTokens: optional(fc.nat(500)),
    estimated: optional(fc.boolean()),
  }),
);
const someFacts = fc.record({
  requestId: fc.uuid(),
  subject: fc.constantFrom('gpt-4o', 'gpt-4o-mini', 'claude'),
  key: optional(fc.constantFrom('key-1', 'key-2', 'key-3')),
  category: optional(fc.constantFrom('support', 'sales')),
  tenantDigest: optional(fc.constantFrom('tenant-1', 'tenant-2')),
  tagNames: optional(fc.array(fc.constantFrom('team', 'plan', 'region'), { maxLength: 3 })),
});
const durations = fc.integer({ min: 0, max: 60_000 }).map((micros) => micros / 1000);

const closing = fc.oneof(
  fc
    .record({
      usage: usages,
      fresh: fc.boolean(),
      kind: fc.constantFrom('exact', 'semantic'),
      durationMs: durations,
    })
    .map((more) => hit(more)),
  fc
    .record({
      by: fc.constantFrom('call', 'flight', 'fallback', 'none'),
      status: fc.constantFrom(undefined, 200, 429),
      durationMs: durations,
      usage: usages,
      savedUsage: usages,
    })
    .map((more): EventOf<'answered'> => ({ ...facts, type: 'answered', ...more })),
  fc.constant<EventOf<'negative'>>({
    ...facts,
    type: 'negative',
    status: 400,
    durationMs: 0.1,
    keyMs: 0.1,
    storeMs: 0,
  }),
  fc.constant<EventOf<'bypass'>>({ ...facts, type: 'bypass', reason: 'sensitive' }),
);
const others = fc.oneof(
  fc
    .record({
      cause: fc.constantFrom('leader', 'refresh', 'audit', 'bypass', 'warm', 'abandoned'),
      status: fc.constantFrom(200, 500),
      usage: usages,
    })
    .map((more) => providerAnswer(more)),
  fc.constant<EventOf<'provider-call'>>({ ...facts, type: 'provider-call', cause: 'leader', streamed: true }),
  fc.constantFrom('leader', 'refresh', 'abandoned').map(
    (cause): EventOf<'provider-failure'> => ({
      ...facts,
      type: 'provider-failure',
      cause,
      code: 'provider_timeout',
      durationMs: 5000,
    }),
  ),
  fc.constant<EventOf<'refused'>>({ ...facts, type: 'refused', reason: 'error' }),
  fc.constant<EventOf<'stored'>>({ ...facts, type: 'stored', bytes: 10, storeMs: 0.1 }),
  fc.constant<EventOf<'miss'>>({
    ...facts,
    type: 'miss',
    reason: 'absent',
    durationMs: 0.1,
    keyMs: 0.1,
    storeMs: 0,
  }),
  // What accounts do not count.
  fc.constant<EventOf<'cut-off'>>({ ...facts, type: 'cut-off', reason: 'too-slow' }),
);
const requestEvents = fc
  .tuple(fc.oneof(closing, others), someFacts)
  .map(([event, more]): ObservedEvent => ({ ...event, ...more }));
const semanticCalls = fc
  .record({
    part: fc.constantFrom('embedder', 'verifier', 'judge'),
    usage: usages,
    usd: fc.constantFrom(undefined, 0.0005),
  })
  .map(
    (more): ObservedEvent => ({
      type: 'semantic-call',
      durationMs: 5,
      provider: 'https://models.example',
      model: 'm',
      ...more,
    }),
  );

type Step = { readonly observe: ObservedEvent } | { readonly wait: number } | 'drain' | 'take';

const steps = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: requestEvents.map((observe): Step => ({ observe })) },
    { weight: 2, arbitrary: semanticCalls.map((observe): Step => ({ observe })) },
    // The clock goes on, jumps by hours, and jumps back.
    { weight: 2, arbitrary: fc.constantFrom<Step>({ wait: 30 }, { wait: 3_600_000 }, { wait: -5_400_000 }) },
    { weight: 2, arbitrary: fc.constantFrom<Step>('drain', 'take') },
  ),
  { maxLength: 120 },
);

interface Observed {
  readonly event: ObservedEvent;
  readonly at: number;
}

async function play(
  history: readonly Step[],
  limits: Parameters<typeof openAccounts>[0]['limits'],
): Promise<{
  readonly observed: readonly Observed[];
  readonly takes: readonly Gathered[];
  readonly totals: Counts;
}> {
  const clock = fakeClock();
  const accounts = openAccounts({ clock, pricing: async () => pricing, keepsText: true, limits });
  const observed: Observed[] = [];
  const takes: Gathered[] = [];
  // As a process begins: the first event finds the prices loaded, since a queue of any length may be full before.
  accounts.observe({ ...facts, type: 'provider-call', cause: 'leader', streamed: false });
  await accounts.drain();
  observed.push({
    event: { ...facts, type: 'provider-call', cause: 'leader', streamed: false },
    at: clock.now(),
  });
  for (const step of history) {
    if (step === 'drain') await accounts.drain();
    else if (step === 'take') takes.push(accounts.take());
    else if ('wait' in step) {
      if (step.wait < 0) clock.setNow(clock.now() + step.wait);
      else clock.advance(step.wait);
    } else {
      observed.push({ event: step.observe, at: clock.now() });
      accounts.observe(step.observe);
    }
  }
  await accounts.drain();
  takes.push(accounts.take());
  return { observed, takes, totals: { ...accounts.totals().counts } };
}

const of =
  <Type extends ObservedEvent['type']>(type: Type) =>
  (event: ObservedEvent): event is EventOf<Type> =>
    event.type === type;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Every figure of `counts.ts`, by its definition. */
function plainCount(events: readonly ObservedEvent[]): Counts {
  const hits = events.filter(of('hit'));
  const answered = events.filter(of('answered'));
  const answers = events.filter(of('provider-answer'));
  const calls = events.filter(of('semantic-call'));
  const shared = answered.filter(({ by }) => by === 'flight');
  const misses = answered.filter(({ by }) => by !== 'flight');

  // What others' answers were worth: of a follower its answer unless that was an error without tokens, of a batch its parts.
  const sharedUsages = [
    ...shared
      .map(({ status, usage, savedUsage }) => ({ status, usage: savedUsage ?? usage }))
      .filter(({ status, usage }) => usage !== undefined || status === 200),
    ...answered
      .filter(
        ({ by, status, savedUsage }) => by === 'call' && (status ?? 200) < 400 && savedUsage !== undefined,
      )
      .map((one) => ({ usage: one.savedUsage })),
  ].map(({ usage }) => usage);
  const failures = events.filter(of('provider-failure'));
  const cancelled = failures.filter(({ cause }) => cause === 'abandoned');
  const billed = [
    ...answers.filter(({ status, usage }) => status === 200 || usage !== undefined),
    ...cancelled.map(({ cause }) => ({ cause, usage: undefined })),
  ];
  const priced = calls.filter(({ usage, usd }) => usage !== undefined || usd !== undefined);
  const costOfCall = ({ usage, usd }: EventOf<'semantic-call'>) =>
    usd === undefined ? nanoOf(usage) : 500_000;
  const spent = (...causes: readonly string[]) =>
    sum(billed.filter(({ cause }) => causes.includes(cause)).map(({ usage }) => nanoOf(usage)));
  const spentOn = (...parts: readonly string[]) =>
    sum(priced.filter(({ part }) => parts.includes(part)).map(costOfCall));
  const tokens = (
    usages: readonly (Usage | undefined)[],
    name: 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'cacheWriteTokens',
  ) => sum(usages.map((usage) => usage?.[name] ?? 0));
  const both = (usages: readonly (Usage | undefined)[]) =>
    tokens(usages, 'inputTokens') + tokens(usages, 'outputTokens');
  const estimates = (usages: readonly (Usage | undefined)[]) => sum(usages.filter(isEstimate).map(nanoOf));
  const hitUsages = hits.map(({ usage }) => usage);
  const billedUsages = [...answers, ...calls].map(({ usage }) => usage);
  const micros = (each: readonly { readonly durationMs: number }[]) =>
    sum(each.map(({ durationMs }) => Math.round(durationMs * 1000)));

  return {
    requests:
      hits.length +
      answered.length +
      events.filter(of('negative')).length +
      events.filter(of('bypass')).length,
    hits: hits.length,
    semanticHits: hits.filter(({ kind }) => kind === 'semantic').length,
    staleHits: hits.filter(({ fresh }) => !fresh).length,
    shared: shared.length,
    misses: misses.length,
    negative: events.filter(of('negative')).length,
    bypasses: events.filter(of('bypass')).length,
    fallbacks: answered.filter(({ by }) => by === 'fallback').length,
    calls: answers.length + failures.length,
    errors: failures.length - cancelled.length + answers.filter(({ status }) => status === 500).length,
    stores: events.filter(of('stored')).length,
    refusals: events.filter(of('refused')).length,
    savedTokens: both(hitUsages),
    sharedTokens: both(sharedUsages),
    inputTokens: tokens(billedUsages, 'inputTokens'),
    outputTokens: tokens(billedUsages, 'outputTokens'),
    cachedInputTokens: tokens(billedUsages, 'cachedInputTokens'),
    cacheWriteTokens: tokens(billedUsages, 'cacheWriteTokens'),
    savedNano: sum(hitUsages.map(nanoOf)),
    sharedNano: sum(sharedUsages.map(nanoOf)),
    missNano: spent('leader'),
    bypassNano: spent('bypass'),
    refreshNano: spent('refresh'),
    abandonedNano: spent('abandoned'),
    auditNano: spent('audit'),
    warmNano: spent('warm'),
    embeddingNano: spentOn('embedder'),
    verifyingNano: spentOn('verifier', 'judge'),
    promptCacheNano:
      tokens(
        billed.map(({ usage }) => usage),
        'cachedInputTokens',
      ) +
      tokens(
        priced.filter(({ usd }) => usd === undefined).map(({ usage }) => usage),
        'cachedInputTokens',
      ),
    estimatedSavedNano: estimates(hitUsages) + estimates(sharedUsages),
    estimatedSpentNano:
      estimates(billed.map(({ usage }) => usage)) +
      estimates(priced.filter(({ usd }) => usd === undefined).map(({ usage }) => usage)),
    hitMicros: micros(hits),
    missMicros: micros(misses),
  };
}

/** Sums of values by a name. */
function sums<Item>(items: readonly Item[], name: (item: Item) => string, value: (item: Item) => number) {
  const totals = new Map<string, number>();
  for (const item of items) totals.set(name(item), (totals.get(name(item)) ?? 0) + value(item));
  return totals;
}

const bucketOf = (at: number) => Math.floor(at / bucketMs) * bucketMs;
const isClosing = ({ event }: Observed) => ['hit', 'answered', 'negative', 'bypass'].includes(event.type);
const noFacts = { key: undefined, tagNames: undefined };

// However often they are drained and taken, and even if the queue is full again and again.
const manyLimits = fc.record({
  queue: fc.constantFrom(3, 1000),
  rowsPerSecond: fc.constantFrom(2, 1000),
  rows: fc.constantFrom(5, 1000),
});

describe('accounts of a random history', () => {
  it('agree with a plain count in every figure, in all and bucket by bucket', async () => {
    await fc.assert(
      fc.asyncProperty(steps, manyLimits, async (history, limits) => {
        const { observed, takes, totals } = await play(history, limits);
        expect(totals).toEqual(plainCount(observed.map(({ event }) => event)));
        const counters = takes.flatMap((take) => take.counters);
        const buckets = new Set([
          ...observed.map(({ at }) => bucketOf(at)),
          ...counters.map(({ bucket }) => bucket),
        ]);
        for (const bucket of buckets) {
          const inBucket = noCounts();
          for (const counter of counters) if (counter.bucket === bucket) addCounts(inBucket, counter.counts);
          const events = observed.filter(({ at }) => bucketOf(at) === bucket).map(({ event }) => event);
          expect(inBucket).toEqual(plainCount(events));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('have requests that are hits, shared, misses, negative or bypasses, in every counter', async () => {
    await fc.assert(
      fc.asyncProperty(steps, manyLimits, async (history, limits) => {
        const { takes } = await play(history, limits);
        for (const { counts, hitDurations, missDurations } of takes.flatMap((take) => take.counters)) {
          const { requests, hits, shared, misses, negative, bypasses } = counts;
          expect(requests).toBe(hits + shared + misses + negative + bypasses);
          expect(counts.errors).toBeLessThanOrEqual(counts.calls);
          expect(sum([...hitDurations])).toBe(hits);
          expect(sum([...missDurations])).toBe(misses);
          expect(Object.values(counts).every(Number.isSafeInteger)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('have each counter, tag and question once in a take', async () => {
    await fc.assert(
      fc.asyncProperty(steps, manyLimits, async (history, limits) => {
        const { takes } = await play(history, limits);
        for (const { counters, tags, patterns } of takes) {
          const names = [
            ...counters.map(({ bucket, dimensions }) => JSON.stringify([bucket, Object.entries(dimensions)])),
            ...tags.map(({ bucket, tag }) => JSON.stringify([bucket, tag])),
            ...patterns.map(({ key }) => key),
          ];
          expect(new Set(names).size).toBe(names.length);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('count requests and hits by tag, and hits by question', async () => {
    await fc.assert(
      fc.asyncProperty(steps, manyLimits, async (history, limits) => {
        const { observed, takes } = await play(history, limits);
        const brought = observed.filter(isClosing).flatMap(({ event, at }) => {
          const { tagNames } = 'tagNames' in event ? event : noFacts;
          return [...new Set(tagNames)].map((tag) => ({
            id: `${bucketOf(at)} ${tag}`,
            hit: Number(event.type === 'hit'),
          }));
        });
        const tags = takes.flatMap((take) => take.tags);
        const idOf = ({ bucket, tag }: (typeof tags)[number]) => `${bucket} ${tag}`;
        expect(sums(tags, idOf, ({ requests }) => requests)).toEqual(
          sums(
            brought,
            ({ id }) => id,
            () => 1,
          ),
        );
        expect(sums(tags, idOf, ({ hits }) => hits)).toEqual(
          sums(
            brought,
            ({ id }) => id,
            (one) => one.hit,
          ),
        );

        const keys = observed.flatMap(({ event }) =>
          (event.type === 'hit' || event.type === 'stored') && event.key !== undefined
            ? [{ key: event.key, hits: Number(event.type === 'hit') }]
            : [],
        );
        const patterns = takes.flatMap((take) => take.patterns);
        expect(
          sums(
            patterns,
            ({ key }) => key,
            ({ hits }) => hits,
          ),
        ).toEqual(
          sums(
            keys,
            ({ key }) => key,
            ({ hits }) => hits,
          ),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('have rows whose weights and losses add up to all that happened', async () => {
    await fc.assert(
      fc.asyncProperty(steps, manyLimits, async (history, limits) => {
        const { observed, takes } = await play(history, limits);
        const silent = ['miss', 'provider-call', 'cut-off'];
        const happened = observed.filter(({ event }) => !silent.includes(event.type));
        const rows = takes.flatMap((take) => take.rows);
        const lost = sum(takes.map(({ lostRows }) => lostRows));
        expect(sum(rows.map(({ weight }) => weight)) + lost).toBe(happened.length);
        for (const take of takes) expect(take.rows.length).toBeLessThanOrEqual(limits.rows);
        // A sample of a single one is that one.
        expect(rows.every(({ weight }) => Number.isSafeInteger(weight) && weight >= 1)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('have a row of each request while there are few, which says what the counters count', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const { observed, takes } = await play(history, {});
        const rows = takes.flatMap((take) => take.rows);
        const count = plainCount(observed.map(({ event }) => event));
        const lookups = sums(
          rows,
          ({ event, outcome }) => `${event} ${outcome}`,
          () => 1,
        );
        const expected = {
          hit: count.hits,
          shared: count.shared,
          miss: count.misses,
          negative: count.negative,
          bypass: count.bypasses,
        };
        for (const [outcome, requests] of Object.entries(expected))
          expect(lookups.get(`lookup ${outcome}`) ?? 0).toBe(requests);
        expect(lookups.get('store stored') ?? 0).toBe(count.stores);
        expect(lookups.get('store refused') ?? 0).toBe(count.refusals);
        expect(sum(rows.map(({ savedNano }) => savedNano))).toBe(count.savedNano + count.sharedNano);
        expect(sum(rows.map(({ savedTokens }) => savedTokens))).toBe(count.savedTokens + count.sharedTokens);
        expect(sum(rows.map(({ inputTokens }) => inputTokens))).toBe(count.inputTokens);
        const { missNano, bypassNano, refreshNano, abandonedNano, auditNano, warmNano } = count;
        const { embeddingNano, verifyingNano } = count;
        expect(sum(rows.map(({ spentNano }) => spentNano))).toBe(
          missNano +
            bypassNano +
            refreshNano +
            abandonedNano +
            auditNano +
            warmNano +
            embeddingNano +
            verifyingNano,
        );
      }),
      { numRuns: 100 },
    );
  });
});
