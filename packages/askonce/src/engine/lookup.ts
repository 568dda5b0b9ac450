/**
 * The lookup: is there an entry that may be served for this request, in the form that it wants?
 */

import { type Awaitable, isPending } from '../clock.ts';
import type { Entry, Recording } from '../entry/entry.ts';
import { judge } from '../entry/freshness.ts';
import type { Flight } from '../flight/flight.ts';
import type { Identity } from '../identity/identify.ts';
import type { Directives } from '../identity/request.ts';
import { verdictOf } from '../invalidation/log.ts';
import type { MissReason } from '../observe/events.ts';
import type { Flags } from '../settings/flags.ts';
import type { Found } from '../store/contract.ts';
import { type Engine, flightName, isAccepted } from './ask.ts';
import { readOn, readUp, storeCall, trouble } from './store-call.ts';

export { provenanceOf } from '../invalidation/log.ts';

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
  engine: Engine,
  identity: Identity,
  upstream: string,
  directives: Directives,
  get = (key: string): Awaitable<Found | undefined> => engine.store.get(key),
): Awaitable<LookedUp> {
  const accepted = isAccepted(engine, identity, upstream);
  // Who may not hear it is not told, not even by the time that it takes, whether there is something.
  if (accepted === false) return unheard(engine, identity);
  if (!engine.flags.isOn('exactCache', identity.key)) return miss('absent');
  const found = asked(engine, () => get(identity.key));
  if (!isPending(found) && accepted === true) {
    const decided = decide(engine, identity, directives, found);
    if (decided !== unsure) return decided;
  }
  return watched(engine, [identity], async () => {
    const reading = readUp(engine);
    if (!(await accepted)) {
      await reading;
      return [miss('credential')];
    }
    return surely(engine, [identity], directives, [await found], reading);
  }).then(([one]) => one ?? miss('absent'));
}

/** What the request brings may be kept, for which it must be known how far the log has come. */
function unheard(engine: Engine, identity: Identity): Awaitable<LookedUp> {
  const reading = readUp(engine);
  if (reading === undefined) return miss('credential');
  const look = async () => {
    await reading;
    return [miss('credential')];
  };
  return watched(engine, [identity], look).then(([one]) => one ?? miss('credential'));
}

/** Looks up the parts of one request in one round trip a tier; one answer a part, in order. */
export function lookUpMany(
  engine: Engine,
  identities: readonly Identity[],
  upstream: string,
  directives: Directives,
): Promise<readonly LookedUp[]> {
  return watched(engine, identities, async () => {
    const reading = readUp(engine);
    if (!(await acceptedAll(engine, identities, upstream))) {
      await reading;
      return identities.map(() => miss('credential'));
    }
    if (engine.flags.isOff('exactCache')) return identities.map(() => miss('absent'));
    const keys = identities.map(({ key }) => key);
    const found = await asked(engine, () => engine.store.getMany(keys));
    const each = found === trouble ? keys.map((): typeof trouble => trouble) : found;
    return surely(engine, identities, directives, each, reading);
  });
}

/** What the store has. It is not asked where nothing that it has could be served. */
function asked<T>(engine: Engine, get: () => Awaitable<T>): Awaitable<T | typeof trouble> {
  const { log } = engine;
  return log.isInTrouble && !log.isCurrent ? trouble : storeCall(engine, 'get', get);
}

/** The parts of one request come with one credential. */
function acceptedAll(engine: Engine, [first]: readonly Identity[], upstream: string): Awaitable<boolean> {
  return first !== undefined && isAccepted(engine, first, upstream);
}

/** Tells each miss which flights landed while it was looked for. */
async function watched(
  engine: Engine,
  identities: readonly Identity[],
  look: () => Promise<readonly LookedUp[]>,
): Promise<readonly LookedUp[]> {
  const watches = identities.map((identity) => engine.flights.watch(flightName(identity)));
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
  engine: Engine,
  identities: readonly Identity[],
  directives: Directives,
  found: readonly (Found | undefined | typeof trouble)[],
  reading: Promise<boolean> | undefined,
): Promise<readonly LookedUp[]> {
  const decideAll = () =>
    identities.map((identity, index) => decide(engine, identity, directives, found[index]));
  let decided = decideAll();
  const isUnsure = () => decided.includes(unsure);
  const isSlow = isUnsure() && (await reading) === false;
  if (reading !== undefined && isUnsure()) decided = decideAll();
  if (isUnsure() && !isSlow && !engine.log.isInTrouble) {
    await readOn(engine);
    decided = decideAll();
  }
  return decided.map((one) => (one === unsure ? miss('store-trouble') : one));
}

function decide(
  engine: Engine,
  identity: Identity,
  directives: Directives,
  found: Found | undefined | typeof trouble,
): LookedUp | typeof unsure {
  if (found === trouble) return miss('store-trouble');
  // A generation that begins now must know where it begins, too.
  if (!engine.log.isCurrent) return unsure;
  if (found === undefined) return miss('absent');
  try {
    return judged(engine, identity, directives, found);
  } catch {
    engine.observe({
      type: 'store-trouble',
      store: engine.store.name,
      operation: 'get',
      message: 'answered with something that is no entry',
    });
    return miss('store-trouble');
  }
}

function judged(
  engine: Engine,
  identity: Identity,
  directives: Directives,
  { entry, tier, added }: Found,
): LookedUp | typeof unsure {
  const { clock, log, flags } = engine;
  // The key says so already; a store that mixes things up must not be believed.
  if (entry.key !== identity.key || entry.meta.partition !== identity.partition) return miss('store-trouble');
  const logVerdict = verdictOf(log, entry, added);
  if (logVerdict === 'ahead') return unsure;
  if (logVerdict === 'invalidated') {
    dropDead(engine, entry.key);
    return miss('invalidated');
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
export function isStanding({ log }: Engine, entry: Entry, added: Found['added']): boolean {
  return log.isCurrent && verdictOf(log, entry, added) === 'valid';
}

/** An answer serves whoever allows at least what it used; where that is unknown, whoever allows exactly as much. */
function withinCeiling({ meta }: Entry, { ceiling }: Identity): boolean {
  const used = meta.usage === undefined || meta.usage.estimated ? undefined : meta.usage.outputTokens;
  if (used === undefined) return meta.ceiling === ceiling;
  return ceiling === undefined || used <= ceiling;
}

/* MERGED dead-entries.ts:
 * Entries that a lookup has come by and that were taken back: they are deleted behind it, for nobody will be served them.
 */
/** Deletions under way, in all; what is beyond them waits for another lookup, or its expiry. */
const mostAtOnce = 16;

const underWay = new WeakMap<Engine['store'], Set<string>>();

/** Deletes what is kept under the key if it is dead in the tier that all share, too: it may be newer there. */
export function dropDead(engine: Engine, key: string): void {
  const dropping = underWay.get(engine.store) ?? new Set();
  underWay.set(engine.store, dropping);
  if (dropping.size >= mostAtOnce || dropping.has(key)) return;
  dropping.add(key);
  void dropped(engine, key).finally(() => dropping.delete(key));
}

async function dropped(engine: Engine, key: string): Promise<void> {
  const { store, log } = engine;
  if (store.getShared !== undefined) {
    const found = await storeCall(engine, 'get', () => store.getShared?.(key));
    if (found === undefined || found === trouble) return;
    try {
      if (verdictOf(log, found.entry, found.added) !== 'invalidated') return;
    } catch {
      return;
    }
  }
  await storeCall(engine, 'delete', () => store.delete(key));
}
