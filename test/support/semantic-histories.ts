/**
 * Steps of random histories over several places, caches or gateways, whose semantic tiers share one store.
 */
import fc from 'fast-check';

/** Each pair is nearer than the thresholds of these tests. */
export const wordings = ['What', 'Which'].flatMap((what) =>
  ['this', 'that'].flatMap((which) =>
    ['large', 'old'].map((old) => `${what} is the capital city of ${which} ${old} country in Europe?`),
  ),
);

const usually = <Value>(usual: Value, ...others: readonly Value[]) =>
  fc.oneof(
    { weight: 10, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(usual, ...others) },
  );

/** What no answer may cross. */
const wallsOf = fc.record({
  key: usually('alpha', 'beta'),
  tenant: usually<string | undefined>(undefined, 'one'),
  user: usually<string | undefined>(undefined, 'ann', 'bob'),
  language: usually('en', 'en-gb'),
  model: usually('m1', 'm2'),
});

export type Walls = typeof wallsOf extends fc.Arbitrary<infer One> ? One : never;

/** One request. */
export interface Wish {
  readonly walls: Walls;
  readonly wording: string;
  readonly team: string | undefined;
  readonly category: string | undefined;
  /** Whether it asks for a short lifetime. */
  readonly isShort: boolean;
}

interface Asked extends Wish {
  readonly do: 'ask';
  /** Where it is asked: at one place, or at several at once. */
  readonly at: readonly number[];
}

export interface Invalidated {
  readonly do: 'invalidate';
  readonly at: number;
  readonly what: 'all' | 'team' | 'model' | 'user' | 'category' | 'pattern';
  readonly value: string;
}

export type ModelStep =
  | Asked
  | Invalidated
  | { readonly do: 'erase'; readonly at: number; readonly user: string }
  | { readonly do: 'feedback'; readonly at: number };

/** The language of walls that the only pattern of these histories selects. */
export const languageOfPattern = 'en-gb';

export function stepsAt(places: number) {
  const place = fc.nat(places - 1);
  const invalidated = (what: Invalidated['what'], ...values: readonly string[]) =>
    fc.record({
      do: fc.constant('invalidate' as const),
      at: place,
      what: fc.constant(what),
      value: fc.constantFrom(...values),
    });
  const asked = (options: { readonly wordings: readonly string[]; readonly short: number }) =>
    fc.record({
      do: fc.constant('ask' as const),
      at: fc.oneof(fc.tuple(place), fc.tuple(place), fc.tuple(place, place)),
      walls: wallsOf,
      wording: fc.constantFrom(...options.wordings),
      team: fc.constantFrom(undefined, undefined, undefined, 'a', 'b'),
      category: usually<string | undefined>(undefined, 'billing'),
      isShort: fc.nat(99).map((drawn) => drawn < options.short),
    });
  return {
    place,
    /** `short`: percentage of requests with a short lifetime. */
    asked,
    removal: fc.oneof(
      invalidated('all', ''),
      invalidated('team', 'a', 'b'),
      invalidated('model', 'm1', 'm2'),
      invalidated('user', 'ann', 'bob'),
      invalidated('category', 'billing'),
      invalidated('pattern', `*:${languageOfPattern}:*`),
      fc.record({ do: fc.constant('erase' as const), at: place, user: fc.constantFrom('ann', 'bob') }),
    ),
    feedback: fc.record({ do: fc.constant('feedback' as const), at: place }),
  };
}
