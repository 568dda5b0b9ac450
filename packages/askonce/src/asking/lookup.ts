/**
 * The lookup: is there an entry that may be served for this request, in the form that it wants?
 */
import type { Entry } from '../entry/entry.ts';
import { judge } from '../entry/freshness.ts';
import type { Recording } from '../entry/recording.ts';
import type { Identity } from '../identity/identify.ts';
import type { Directives } from '../identity/request.ts';
import type { MissReason } from '../observe/events.ts';
import type { Awaitable, Found } from '../store/contract.ts';
import type { House } from './ask.ts';

export interface Hit {
  readonly kind: 'hit';
  readonly entry: Entry;
  /** The entry's own recording, or the same answer in the form that is wanted. */
  readonly recording: Recording;
  readonly converted: boolean;
  readonly tier: string;
  readonly fresh: boolean;
}

export interface Miss {
  readonly kind: 'miss';
  readonly reason: MissReason;
  /** Whether the provider has accepted the credential lately, so that it may join the flights of others. */
  readonly accepted: boolean;
}

export type LookedUp = Hit | Miss;

/** Looks up one request. Answers at once where the store does. Never rejects: trouble with a store is a miss. */
export function lookUp(
  house: House,
  identity: Identity,
  upstream: string,
  directives: Directives,
): Awaitable<LookedUp> {
  const accepted = house.acceptance.holds(identity.credential, upstream);
  const found = house.settings.exactCache ? guarded(house, () => house.store.get(identity.key)) : undefined;
  if (found instanceof Promise || accepted instanceof Promise) {
    return Promise.all([found, accepted]).then(([one, may]) => decide(house, identity, directives, one, may));
  }
  return decide(house, identity, directives, found, accepted);
}

/** Looks up the parts of one request in one round trip a tier; one answer a part, in order. */
export async function lookUpMany(
  house: House,
  identities: readonly Identity[],
  upstream: string,
  directives: Directives,
): Promise<readonly LookedUp[]> {
  const accepted = await house.acceptance.holds(identities[0]?.credential ?? '', upstream);
  const keys = house.settings.exactCache ? identities.map(({ key }) => key) : [];
  const found = keys.length === 0 ? [] : await guarded(house, () => house.store.getMany(keys));
  return identities.map((identity, index) =>
    decide(house, identity, directives, found === trouble ? trouble : found[index], accepted),
  );
}

/** Stands for what a store in trouble would have answered. */
const trouble = 'trouble';

function guarded<T>(house: House, read: () => Awaitable<T>): Awaitable<T | typeof trouble> {
  const tell = (error: unknown): typeof trouble => {
    const message = error instanceof Error ? error.message : 'unknown error';
    house.observe({ type: 'store-trouble', store: house.store.name, operation: 'get', message });
    return trouble;
  };
  try {
    const result = read();
    return result instanceof Promise ? result.catch(tell) : result;
  } catch (error) {
    return tell(error);
  }
}

function decide(
  house: House,
  identity: Identity,
  directives: Directives,
  found: Found | undefined | typeof trouble,
  accepted: boolean,
): LookedUp {
  const miss = (reason: MissReason): Miss => ({ kind: 'miss', reason, accepted });
  if (found === trouble) return miss('store-trouble');
  if (found === undefined) return miss('absent');
  const { entry, tier } = found;
  // The key says so already; a store that mixes things up must not be believed.
  if (entry.key !== identity.key || entry.meta.partition !== identity.partition) return miss('store-trouble');
  if (!accepted) return miss('credential');
  if (!withinCeiling(entry, identity)) return miss('ceiling');
  const verdict = judge(entry.meta, directives, house.clock.now());
  if (verdict === 'gone') return miss('expired');
  if (verdict === 'forbidden') return miss('request');
  if (verdict === 'too-stale') return miss('stale');
  const converted = entry.recording.form !== identity.form;
  const recording = converted ? identity.protocol.convert(entry.recording, identity.form) : entry.recording;
  if (recording === undefined) return miss('form');
  return { kind: 'hit', entry, recording, converted, tier, fresh: verdict === 'fresh' };
}

/** An answer serves whoever allows at least what it used; where that is unknown, whoever allows exactly as much. */
function withinCeiling({ meta }: Entry, { ceiling }: Identity): boolean {
  const used = meta.usage === undefined || meta.usage.estimated ? undefined : meta.usage.outputTokens;
  if (used === undefined) return meta.ceiling === ceiling;
  return ceiling === undefined || used <= ceiling;
}
