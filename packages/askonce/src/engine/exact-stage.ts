/**
 * The exact stage of the lookup: the answer to this very question.
 */
import { type Awaitable, andThen } from '../clock.ts';
import type { Found } from '../store/contract.ts';
import type { Ask } from './ask.ts';
import type { Engine } from './engine.ts';
import type { Lookup } from './lookup.ts';
import type { Hit, LookedUp, Outcome, Stage } from './outcome.ts';

/** @param served the hit, unless it must not be served to this request after all. */
export function exactStage(
  { store }: Pick<Engine, 'store'>,
  lookup: Pick<Lookup, 'one'>,
  served: (ask: Ask, hit: Hit) => Awaitable<LookedUp>,
): Stage {
  const { browse, name, sharedTier } = store;

  /**
   * A stale answer in this process's memory may have been refreshed by another process: then it is the new one that is
   * served. Trouble with the shared store leaves the stale one.
   */
  function replacedElsewhere({ identity, request, budget }: Ask, looked: LookedUp): Awaitable<LookedUp> {
    const { upstream, directives } = request;
    const isStale = looked.kind === 'hit' && !looked.fresh;
    if (!isStale || store.getShared === undefined || store.sharedTier === looked.tier) return looked;
    const wanted = { identity, upstream, directives, budget };
    const again = lookup.one(wanted, (key) => store.getShared?.(key));
    return andThen(again, (now) => (now.kind === 'hit' && now.fresh ? now : looked));
  }

  /** As `get`, but counted neither as a hit nor as a use: an entry that warming alone finds is not in demand. */
  const unnoted =
    browse &&
    ((key: string): Awaitable<Found | undefined> =>
      andThen(browse.look(key), (looked) => looked && { entry: looked.entry, tier: sharedTier ?? name }));

  return (ask) => {
    const { identity, request, budget, firstLook } = ask;
    const { upstream, directives } = request;
    const looking = lookup.one(
      { identity, upstream, directives, budget },
      (directives.warm === 'look' ? unnoted : undefined) ?? (firstLook && ((key) => firstLook.get(key))),
    );
    const newest = andThen(looking, (looked) => replacedElsewhere(ask, looked));
    return andThen(
      newest,
      (looked): Awaitable<Outcome> => (looked.kind === 'miss' ? looked : served(ask, looked)),
    );
  };
}
