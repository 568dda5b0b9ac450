/**
 * The lookup: is there an entry that may be served for this request, in the form that it wants?
 */
import type { Entry } from '../entry/entry.ts';
import { judge } from '../entry/freshness.ts';
import type { Recording } from '../entry/recording.ts';
import type { Flight } from '../flight/flight.ts';
import type { Identity } from '../identity/identify.ts';
import type { Directives } from '../identity/request.ts';
import type { Answer } from '../invalidation/log.ts';
import type { MissReason } from '../observe/events.ts';
import type { Flags } from '../settings/flags.ts';
import type { Awaitable, Found } from '../store/contract.ts';
import { isPending } from '../store/within.ts';
import { flightName, type House, isAccepted } from './ask.ts';
import { storeCall, trouble } from './store-call.ts';

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
  /** Where all that is wrong with what is kept is its age: it may stand in if the provider fails. */
  readonly stale?: Hit | undefined;
  /** Flights that landed while the store was asked: it may have answered before they were kept. */
  readonly landed: readonly Flight[];
}

export type LookedUp = Hit | Miss;

/** Looks up one request. Answers at once where the store does. Never rejects: trouble with a store is a miss. */
export function lookUp(
  house: House,
  identity: Identity,
  upstream: string,
  directives: Directives,
): Awaitable<LookedUp> {
  const accepted = isAccepted(house, identity, upstream);
  // Who may not hear it is not told, not even by the time that it takes, whether there is something.
  if (accepted === false) return miss('credential');
  const found = house.flags.isOn('exactCache', identity.key)
    ? storeCall(house, 'get', () => house.store.get(identity.key))
    : undefined;
  if (!isPending(found) && accepted === true) return decide(house, identity, directives, found);
  return watched(house, [identity], async () => [
    (await accepted) ? decide(house, identity, directives, await found) : miss('credential'),
  ]).then(([one]) => one ?? miss('absent'));
}

/** Looks up the parts of one request in one round trip a tier; one answer a part, in order. */
export function lookUpMany(
  house: House,
  identities: readonly Identity[],
  upstream: string,
  directives: Directives,
): Promise<readonly LookedUp[]> {
  return watched(house, identities, async () => {
    if (!(await acceptedAll(house, identities, upstream))) return identities.map(() => miss('credential'));
    if (house.flags.isOff('exactCache')) return identities.map(() => miss('absent'));
    const keys = identities.map(({ key }) => key);
    const found = await storeCall(house, 'get', () => house.store.getMany(keys));
    return identities.map((identity, index) =>
      decide(house, identity, directives, found === trouble ? trouble : found[index]),
    );
  });
}

/** The parts of one request come with one credential. */
function acceptedAll(house: House, [first]: readonly Identity[], upstream: string): Awaitable<boolean> {
  return first !== undefined && isAccepted(house, first, upstream);
}

/** Tells each miss which flights landed while it was looked for. */
async function watched(
  house: House,
  identities: readonly Identity[],
  look: () => Promise<readonly LookedUp[]>,
): Promise<readonly LookedUp[]> {
  const watches = identities.map((identity) => house.flights.watch(flightName(identity)));
  try {
    const looked = await look();
    return looked.map((one, index) =>
      one.kind === 'hit' ? one : { ...one, landed: watches[index]?.landed ?? [] },
    );
  } finally {
    for (const watch of watches) watch.stop();
  }
}

function miss(reason: MissReason): Miss {
  return { kind: 'miss', reason, landed: [] };
}

function decide(
  house: House,
  identity: Identity,
  directives: Directives,
  found: Found | undefined | typeof trouble,
): LookedUp {
  if (found === trouble) return miss('store-trouble');
  if (found === undefined) return miss('absent');
  try {
    return judged(house, identity, directives, found);
  } catch {
    house.observe({
      type: 'store-trouble',
      store: house.store.name,
      operation: 'get',
      message: 'answered with something that is no entry',
    });
    return miss('store-trouble');
  }
}

function judged(
  { clock, log, flags }: House,
  identity: Identity,
  directives: Directives,
  { entry, tier }: Found,
): LookedUp {
  // The key says so already; a store that mixes things up must not be believed.
  if (entry.key !== identity.key || entry.meta.partition !== identity.partition) return miss('store-trouble');
  const standing = log.isCurrent ? log.standing(answerOfEntry(entry)) : 'ahead';
  if (standing !== 'stands') return miss(standing === 'taken-back' ? 'taken-back' : 'store-trouble');
  const verdict = judge(entry.meta, directives, clock.now());
  if (verdict === 'gone') return miss('expired');
  if (!withinCeiling(entry, identity)) return miss('ceiling');
  if (verdict === 'forbidden') return miss('request');
  const converted = entry.recording.form !== identity.form;
  const recording = converted ? identity.protocol.convert(entry.recording, identity.form) : entry.recording;
  if (recording === undefined) return miss('form');
  const hit: Hit = { kind: 'hit', entry, recording, converted, tier, fresh: verdict === 'fresh' };
  const mayBeStale = verdict !== 'too-stale' || revalidates(flags, identity, directives);
  return mayBeStale ? hit : { kind: 'miss', reason: 'stale', landed: [], stale: hit };
}

/** Whether a stale answer will do although the request did not say so: it is refreshed behind the reader. */
function revalidates(flags: Flags, { key }: Identity, { maxStale, minFresh }: Directives): boolean {
  return maxStale === undefined && minFresh === undefined && flags.isOn('staleWhileRevalidate', key);
}

/** An entry, as the log judges it. */
export function answerOfEntry({ key, meta }: Entry): Answer {
  return { key, began: meta.began, log: meta.log, tagDigests: meta.tagDigests ?? [] };
}

/** An answer serves whoever allows at least what it used; where that is unknown, whoever allows exactly as much. */
function withinCeiling({ meta }: Entry, { ceiling }: Identity): boolean {
  const used = meta.usage === undefined || meta.usage.estimated ? undefined : meta.usage.outputTokens;
  if (used === undefined) return meta.ceiling === ceiling;
  return ceiling === undefined || used <= ceiling;
}
