/**
 * The lookup: is there an entry that may be served for this request, in the form that it wants?
 */
import type { Entry } from '../entry/entry.ts';
import { judge } from '../entry/freshness.ts';
import type { Recording } from '../entry/recording.ts';
import type { Flight } from '../flight/flight.ts';
import type { Identity } from '../identity/identify.ts';
import type { Directives } from '../identity/request.ts';
import { standingOf } from '../invalidation/answer.ts';
import type { MissReason } from '../observe/events.ts';
import type { Flags } from '../settings/flags.ts';
import type { Awaitable, Found } from '../store/contract.ts';
import { isPending } from '../store/within.ts';
import { flightName, type House, isAccepted } from './ask.ts';
import { dropDead } from './dead-entries.ts';
import { readOn, readUp } from './log-reading.ts';
import { storeCall, trouble } from './store-call.ts';

export { answerOfEntry } from '../invalidation/answer.ts';

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
  get = (key: string): Awaitable<Found | undefined> => house.store.get(key),
): Awaitable<LookedUp> {
  const accepted = isAccepted(house, identity, upstream);
  // Who may not hear it is not told, not even by the time that it takes, whether there is something.
  if (accepted === false) return unheard(house, identity);
  if (!house.flags.isOn('exactCache', identity.key)) return miss('absent');
  const found = asked(house, () => get(identity.key));
  if (!isPending(found) && accepted === true) {
    const decided = decide(house, identity, directives, found);
    if (decided !== unsure) return decided;
  }
  return watched(house, [identity], async () => {
    const reading = readUp(house);
    if (!(await accepted)) {
      await reading;
      return [miss('credential')];
    }
    return surely(house, [identity], directives, [await found], reading);
  }).then(([one]) => one ?? miss('absent'));
}

/** What the request brings may be kept, for which it must be known how far the log has come. */
function unheard(house: House, identity: Identity): Awaitable<LookedUp> {
  const reading = readUp(house);
  if (reading === undefined) return miss('credential');
  const look = async () => {
    await reading;
    return [miss('credential')];
  };
  return watched(house, [identity], look).then(([one]) => one ?? miss('credential'));
}

/** Looks up the parts of one request in one round trip a tier; one answer a part, in order. */
export function lookUpMany(
  house: House,
  identities: readonly Identity[],
  upstream: string,
  directives: Directives,
): Promise<readonly LookedUp[]> {
  return watched(house, identities, async () => {
    const reading = readUp(house);
    if (!(await acceptedAll(house, identities, upstream))) {
      await reading;
      return identities.map(() => miss('credential'));
    }
    if (house.flags.isOff('exactCache')) return identities.map(() => miss('absent'));
    const keys = identities.map(({ key }) => key);
    const found = await asked(house, () => house.store.getMany(keys));
    const each = found === trouble ? keys.map((): typeof trouble => trouble) : found;
    return surely(house, identities, directives, each, reading);
  });
}

/** What the store has. It is not asked where nothing that it has could be served. */
function asked<T>(house: House, get: () => Awaitable<T>): Awaitable<T | typeof trouble> {
  const { log } = house;
  return log.isInTrouble && !log.isCurrent ? trouble : storeCall(house, 'get', get);
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

/** What was found may have been taken back, or the log has not been read for too long: only a reading can tell. */
const unsure = Symbol('unsure');

/** Decides, if need be once the log has been read: by the `reading` that is under way, or by one that follows. */
async function surely(
  house: House,
  identities: readonly Identity[],
  directives: Directives,
  found: readonly (Found | undefined | typeof trouble)[],
  reading: Promise<boolean> | undefined,
): Promise<readonly LookedUp[]> {
  const decideAll = () =>
    identities.map((identity, index) => decide(house, identity, directives, found[index]));
  let decided = decideAll();
  const isUnsure = () => decided.includes(unsure);
  const isSlow = isUnsure() && (await reading) === false;
  if (reading !== undefined && isUnsure()) decided = decideAll();
  if (isUnsure() && !isSlow && !house.log.isInTrouble) {
    await readOn(house);
    decided = decideAll();
  }
  return decided.map((one) => (one === unsure ? miss('store-trouble') : one));
}

function decide(
  house: House,
  identity: Identity,
  directives: Directives,
  found: Found | undefined | typeof trouble,
): LookedUp | typeof unsure {
  if (found === trouble) return miss('store-trouble');
  // A generation that begins now must know where it begins, too.
  if (!house.log.isCurrent) return unsure;
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
  house: House,
  identity: Identity,
  directives: Directives,
  { entry, tier, added }: Found,
): LookedUp | typeof unsure {
  const { clock, log, flags } = house;
  // The key says so already; a store that mixes things up must not be believed.
  if (entry.key !== identity.key || entry.meta.partition !== identity.partition) return miss('store-trouble');
  const standing = standingOf(log, entry, added);
  if (standing === 'ahead') return unsure;
  if (standing === 'taken-back') {
    dropDead(house, entry.key);
    return miss('taken-back');
  }
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

/** Whether nothing takes back what was found, as far as can be told now. */
export function isStanding({ log }: House, entry: Entry, added: Found['added']): boolean {
  return log.isCurrent && standingOf(log, entry, added) === 'stands';
}

/** An answer serves whoever allows at least what it used; where that is unknown, whoever allows exactly as much. */
function withinCeiling({ meta }: Entry, { ceiling }: Identity): boolean {
  const used = meta.usage === undefined || meta.usage.estimated ? undefined : meta.usage.outputTokens;
  if (used === undefined) return meta.ceiling === ceiling;
  return ceiling === undefined || used <= ceiling;
}
