/**
 * Random histories over a cache with a semantic tier: whatever is asked, invalidated, erased and expires, no answer crosses
 * a wall, none is served once it was invalidated or has expired, and each semantic hit is fresh and of the same topic's kind.
 */
import {
  type CacheRequest,
  type Clock,
  createCache,
  memoryStore,
  type Provider,
  type Reply,
  type SettingsInput,
  type Store,
} from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { fakeClock } from 'askonce/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type MovableClock as AheadClock, aheadClock } from './support/ahead-clock.ts';
import { chat, completion, json } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';
import { wordEmbedder } from './support/semantic-set-up.ts';
import { once } from './support/set-up-cache.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** Each pair of wordings is at least as near as the threshold of these caches. */
const wordings = [
  'What is the capital city of this large country in Europe?',
  'Which is the capital city of this large country in Europe?',
  'What is the capital city of that large country in Europe?',
  'Which is the capital city of that large country in Europe?',
  'In Europe, what is the capital city of this large country?',
];

/** The parts of a request that no answer may cross. The first value of each is by far the most likely. */
const walls = {
  key: ['alpha', 'beta'],
  tenant: [undefined, 'one'],
  user: [undefined, 'ann', 'bob'],
  session: [undefined, 's1'],
  language: [undefined, 'en', 'en-gb'],
  model: ['m1', 'm2'],
  system: [undefined, 'Be brief.'],
  earlier: [undefined, 'Hello.'],
} as const;

type Walls = { readonly [Name in keyof typeof walls]: (typeof walls)[Name][number] };

const wallsOf: fc.Arbitrary<Walls> = fc.record({
  key: usually(walls.key),
  tenant: usually(walls.tenant),
  user: usually(walls.user),
  session: usually(walls.session),
  language: usually(walls.language),
  model: usually(walls.model),
  system: usually(walls.system),
  earlier: usually(walls.earlier),
});

function usually<Value>(values: readonly [Value, ...Value[]]): fc.Arbitrary<Value> {
  const [usual] = values;
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  );
}

type Step =
  | {
      readonly do: 'ask';
      readonly walls: Walls;
      readonly wording: string;
      readonly team: string | undefined;
      readonly stream: boolean;
    }
  | {
      readonly do: 'invalidate';
      readonly what: 'all' | 'team' | 'model' | 'language';
      readonly value: string;
    }
  | { readonly do: 'erase'; readonly user: string }
  | { readonly do: 'delete'; readonly wording: string }
  | { readonly do: 'pass'; readonly hours: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        walls: wallsOf,
        wording: fc.constantFrom(...wordings),
        team: fc.constantFrom(undefined, undefined, undefined, 'a', 'b'),
        stream: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.oneof(
        fc.constant({ do: 'invalidate' as const, what: 'all' as const, value: '' }),
        fc.record({
          do: fc.constant('invalidate' as const),
          what: fc.constant('team' as const),
          value: fc.constantFrom('a', 'b'),
        }),
        fc.record({
          do: fc.constant('invalidate' as const),
          what: fc.constant('model' as const),
          value: fc.constantFrom('m1', 'm2'),
        }),
        fc.record({
          do: fc.constant('invalidate' as const),
          what: fc.constant('language' as const),
          value: fc.constantFrom('en', 'en-gb'),
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('erase' as const), user: fc.constantFrom('ann', 'bob') }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('delete' as const), wording: fc.constantFrom(...wordings) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('pass' as const), hours: fc.constantFrom(1, 5, 30) }),
    },
  ),
  { minLength: 20, maxLength: 50 },
);

type MovableClock = Pick<AheadClock, 'advance' | keyof Clock>;

/** An answer, as its text says how it was made. */
const said = z.object({ serial: z.number() });

interface Made {
  readonly walls: Walls;
  readonly day: number;
  readonly at: number;
  readonly wording: string;
  /** Tags that it was made with, or was served under. */
  readonly teams: Set<string>;
  isDead: boolean;
}

function requestOf({ walls: wall, wording, team, stream }: Extract<Step, { do: 'ask' }>): CacheRequest {
  const { key, tenant, user, session, language, model, system, earlier } = wall;
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    ...(earlier === undefined
      ? []
      : [
          { role: 'user', content: earlier },
          { role: 'assistant', content: 'Hello!' },
        ]),
    { role: 'user', content: wording },
  ];
  return chat({
    key,
    body: { model, messages, ...(stream ? { stream: true } : {}) },
    context: { tenant, user, session, language, tags: team === undefined ? [] : [`team=${team}`] },
  });
}

/** Runs a history; resolves with the number of semantic hits. */
async function run(history: readonly Step[], store: Store, clock: MovableClock): Promise<number> {
  const settings: SettingsInput = {
    ...{ semanticUpper: 0.7, semanticLower: 0.5, semanticGuards: 'none', semanticGates: 'none' },
    ...{ staleDays: 0.5, ttlDays: 1, dateBucket: 'day', storeBudgetMs: 10_000 },
  };
  const cache = createCache({ store, clock, settings, semantic: { embedder: wordEmbedder() } });
  const made: Made[] = [];
  let hits = 0;
  /** When everything of a team was last invalidated: an answer from before must not be served to its requests. */
  const invalidated = new Map<string, number>();
  let current: Extract<Step, { do: 'ask' }> | undefined;
  const provider: Provider = async () => {
    if (current === undefined) throw new TypeError('nothing is asked');
    const { walls: wall, team, wording } = current;
    const at = clock.now();
    const teams = new Set(team === undefined ? [] : [team]);
    made.push({ walls: wall, wording, at, day: Math.floor(at / dayMs), teams, isDead: false });
    const text = completion({ text: JSON.stringify({ serial: made.length - 1 }) });
    return { status: 200, headers: json, body: once(text) };
  };

  function check(step: Extract<Step, { do: 'ask' }>, reply: Reply, text: string): void {
    const [written = ''] = /\{\\?"serial\\?":\d+\}/.exec(text) ?? [];
    const { serial } = said.parse(JSON.parse(written.replaceAll('\\', '')));
    const answer = made[serial];
    if (answer === undefined) throw new TypeError('no such answer was made');
    const isSemantic = reply.match !== undefined;
    if (isSemantic) hits += 1;
    expect({ walls: answer.walls, day: answer.day }).toEqual({
      walls: step.walls,
      day: Math.floor(clock.now() / dayMs),
    });
    expect(answer.isDead).toBe(false);
    expect(clock.now() - answer.at).toBeLessThan(isSemantic ? dayMs / 2 : dayMs);
    if (!isSemantic) expect(answer.wording).toBe(step.wording);
    if (step.team === undefined) return;
    expect(answer.at).toBeGreaterThan(invalidated.get(step.team) ?? 0);
    answer.teams.add(step.team);
  }

  for (const step of history) {
    // Instants of different steps differ.
    clock.advance(1);
    if (step.do === 'ask') {
      current = step;
      const request = requestOf(step);
      const reply = await cache.ask(request, provider);
      check(step, reply, await textOf(reply));
    } else if (step.do === 'invalidate') {
      const { what, value } = step;
      const selector =
        what === 'all'
          ? { all: true as const }
          : what === 'team'
            ? { tags: [`team=${value}`] }
            : { [what]: value };
      await cache.invalidate(selector);
      if (what === 'team') invalidated.set(value, clock.now());
      for (const one of made) {
        const languageOf = one.walls.language ?? 'en';
        if (
          what === 'all' ||
          (what === 'team' && one.teams.has(value)) ||
          (what === 'model' && one.walls.model === value) ||
          (what === 'language' && languageOf === value)
        )
          one.isDead = true;
      }
    } else if (step.do === 'erase') {
      await cache.erase(step.user);
      for (const one of made) if (one.walls.user === step.user) one.isDead = true;
    } else if (step.do === 'delete') {
      const usual: Walls = {
        ...{ key: 'alpha', tenant: undefined, user: undefined, session: undefined, language: undefined },
        ...{ model: 'm1', system: undefined, earlier: undefined },
      };
      const request = requestOf({
        do: 'ask',
        walls: usual,
        wording: step.wording,
        team: undefined,
        stream: false,
      });
      const entry = await cache.get(request);
      await cache.delete(request);
      const [, serial] =
        /\{\\"serial\\":(\d+)\}/.exec(Buffer.from(entry?.recording.body ?? []).toString()) ?? [];
      const answer = serial === undefined ? undefined : made[Number(serial)];
      if (answer !== undefined) answer.isDead = true;
    } else clock.advance(step.hours * hourMs);
  }
  await cache.close();
  return hits;
}

describe('random histories of a cache with a semantic tier', () => {
  it.each([
    ['memory', 40, fakeClock, (clock: MovableClock) => memoryStore({ clock })],
    ['SQLite', 6, aheadClock, (clock: MovableClock) => sqliteStore({ folder: temporaryFolder(), clock })],
  ] as const)(
    'no semantic hit crosses a wall, was invalidated or has expired: %s',
    async (_store, numRuns, clockOf, open) => {
      let hits = 0;
      await fc.assert(
        fc.asyncProperty(steps, async (history) => {
          const clock = clockOf();
          hits += await run(history, await open(clock), clock);
        }),
        { numRuns },
      );
      expect(hits).toBeGreaterThan(numRuns);
    },
    120_000,
  );
});
