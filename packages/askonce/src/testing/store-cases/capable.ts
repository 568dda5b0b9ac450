/** Access to the capability of a case, and waiting for events in the store's own time. */
import type { Clock } from '../../clock.ts';
import { systemClock } from '../../clock.ts';
import type { Browse } from '../../store/browse.ts';
import type { Scan, Store, TagIndex } from '../../store/contract.ts';
import type { SharedServices } from '../../store/shared.ts';
import type { Vectors } from '../../store/vectors.ts';
import type { FakeClock } from '../fake-clock.ts';
import type { StoreCaseContext } from '../store-case.ts';
import type { StoreCapability } from '../store-wanted.ts';

/** What a store may have besides entries, by name. */
type Capabilities = SharedServices & {
  readonly tags?: TagIndex | undefined;
  readonly scan?: Scan | undefined;
  readonly browse?: Browse | undefined;
  readonly vectors?: Vectors | undefined;
  readonly removals?: Store['onRemoved'];
  readonly 'leased-looks'?:
    | { readonly look: Required<Store>['lookAndLease']; readonly write: Required<Store>['setAndRelease'] }
    | undefined;
};
type Capable<Name extends StoreCapability> = NonNullable<Capabilities[Name]>;

/** The capability of `store`; undefined if it is absent. */
export function capabilityOf<Name extends StoreCapability>(store: Store, name: Name): Capabilities[Name] {
  const { tags, scan, browse, vectors, shared, onRemoved } = store;
  const [look, write] = [store.lookAndLease?.bind(store), store.setAndRelease?.bind(store)];
  const leased = look && write && { 'leased-looks': { look, write } };
  const removals = onRemoved?.bind(store);
  const capabilities: Capabilities = { ...shared, tags, scan, browse, vectors, removals, ...leased };
  return capabilities[name];
}

/** The capability of `store`, or an error that names what is missing. */
export function capable<Name extends StoreCapability>(store: Store, name: Name): Capable<Name> {
  const capability = capabilityOf(store, name);
  if (capability === undefined || capability === null)
    throw new Error(`${store.name} declares ${name} and does not have it`);
  return capability;
}

/** The capability on two handles of one data; twice on the one handle if the store can have no other. */
export async function onTwoHandles<Name extends StoreCapability>(
  { store, another }: StoreCaseContext,
  name: Name,
): Promise<readonly [Capable<Name>, Capable<Name>]> {
  return [capable(store, name), capable((await another()) ?? store, name)];
}

/** Lets real time and the injected clock advance: a store may use either. */
function passing(clock: FakeClock, ms = 10): Promise<void> {
  const real: Clock = systemClock;
  return new Promise((resolve) => {
    real.schedule(() => {
      clock.advance(ms);
      resolve();
    }, ms);
  });
}

/** Repeats `attempt` until it returns a value, while time passes; an error after about ten seconds. */
export async function eventually<T>(
  clock: FakeClock,
  attempt: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  for (let tries = 0; tries < 500; tries++) {
    const got = await attempt();
    if (got !== undefined) return got;
    await passing(clock, 20);
  }
  throw new Error('the awaited event did not happen');
}

/** The result of `promise`, while time passes; an error after about ten seconds. */
export async function meanwhile<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  const settled = promise.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  let done: (() => T) | undefined;
  const watching = settled.then((outcome) => {
    done = outcome;
  });
  const outcome = await eventually(clock, async () => {
    await Promise.race([watching, passing(clock, 5)]);
    return done;
  });
  return outcome();
}
