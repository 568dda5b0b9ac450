/**
 * Negative caching: errors that the provider is bound to give again are remembered, and given again without asking.
 *
 * Three kinds, each under a name of its own: a request that is wrong in itself, for `negativeSeconds`; a question at
 * which the provider failed, and a credential that it held back, both for a growing while. Errors of an account (its
 * key, its credit) are not remembered, and none is told to another credential.
 */

import { type Awaitable, isPending } from '../clock.ts';
import { type Ask, type Engine, flightName, named } from '../engine/ask.ts';
import type { Miss } from '../engine/lookup.ts';
import type { Reply } from '../engine/reply.ts';
import { sharedHeaders } from '../engine/reply.ts';
import { entryIn, readOn, readUp, storeCall, trouble } from '../engine/store-call.ts';
import type { Entry } from '../entry/entry.ts';
import { judge } from '../entry/freshness.ts';
import type { Flight, Landing } from '../flight/flight.ts';
import type { LogPosition } from '../invalidation/log.ts';
import type { Found } from '../store/contract.ts';
import { errorEntry, failedName, failuresOf, heldName, invalidName } from './entry.ts';

export interface Remembered {
  /** The error, given again; undefined where none is remembered. */
  readonly reply: Reply | undefined;
  /** See `Miss.landed`; those included that landed while the store was asked for errors. */
  readonly landed: readonly Flight[];
}

/** Looks for a remembered error after a miss. Answers at once where the store does. Never rejects. */
export function rememberedError(
  engine: Engine,
  ask: Ask,
  { landed, reason }: Pick<Miss, 'landed' | 'reason'>,
): Awaitable<Remembered> {
  if (!remembers(engine, ask) || ask.request.directives.noCache) return { reply: undefined, landed };
  const names = namesOf(engine, ask);
  const known = knownError(engine, ask, names);
  // What is in trouble is not waited for twice.
  if (reason === 'store-trouble') {
    return { reply: replyOf(engine, ask, known === unsure ? undefined : known), landed };
  }
  // A call that begins next must know where the log stands, too.
  const reading = readUp(engine);
  const found =
    known === undefined ? storeCall(engine, 'get', () => engine.store.getMany(names)) : nothingAsked;
  if (!isPending(found) && reading === undefined) {
    learn(engine, ask, names, found);
    const error = known ?? knownError(engine, ask, names);
    if (error !== unsure) return { reply: replyOf(engine, ask, error), landed };
  }
  // What lands meanwhile is too late for the lookup and too early to be joined.
  const watch = engine.flights.watch(flightName(ask.identity));
  return surely(engine, ask, names, found, reading).then((error) => {
    watch.stop();
    return { reply: replyOf(engine, ask, error), landed: [...landed, ...watch.landed] };
  });
}

/** The error that is remembered, once the log has been read where only that can tell whether it still stands. */
async function surely(
  engine: Engine,
  ask: Ask,
  names: readonly string[],
  found: Awaitable<FoundErrors>,
  reading: Promise<boolean> | undefined,
): Promise<Entry | undefined> {
  learn(engine, ask, names, await found);
  const isSlow = (await reading) === false;
  const error = knownError(engine, ask, names);
  if (error !== unsure) return error;
  if (isSlow || engine.log.isInTrouble) return undefined;
  await readOn(engine);
  const later = knownError(engine, ask, names);
  return later === unsure ? undefined : later;
}

/** Whether it is known in this process that a call for this request would come to nothing now. Never throws. */
export function isHeldBack(engine: Engine, ask: Ask): boolean {
  return remembers(engine, ask) && knownError(engine, ask, namesOf(engine, ask)) !== undefined;
}

function remembers({ flags }: Engine, { identity }: Ask): boolean {
  return identity.protocol.errorKind !== undefined && flags.isOn('negativeCache', identity.key);
}

/** What is bound to come again goes first. */
function namesOf({ settings }: Engine, ask: Ask): readonly string[] {
  return [invalidName(ask), heldName(ask, settings), failedName(ask, settings)];
}

type FoundErrors = readonly (Found | undefined)[] | typeof trouble;

const nothingAsked: FoundErrors = [];

function learn(engine: Engine, { identity }: Ask, names: readonly string[], found: FoundErrors): void {
  if (found === trouble) return;
  for (const [index, name] of names.entries()) {
    const entry = entryIn(engine, found[index]);
    // A store that mixes things up must not be believed.
    if (entry?.key === name && entry.meta.fields['credential'] === identity.credential)
      engine.errors.learn(entry);
  }
}

/** Something is remembered, and may have been taken back: only a reading of the log can tell. */
const unsure = Symbol('unsure');

function knownError(
  { clock, errors, log }: Engine,
  { identity, request }: Ask,
  names: readonly string[],
): Entry | undefined | typeof unsure {
  let isUnsure = false;
  for (const name of names) {
    const entry = errors.get(name)?.entry;
    if (entry === undefined || judge(entry.meta, request.directives, clock.now()) !== 'fresh') continue;
    const { began, log: itsLog, tagDigests = [] } = entry.meta;
    // By its tags, or by the question's key.
    const verdict = log.verdict({ key: identity.key, began, log: itsLog, tagDigests });
    if (verdict === 'invalidated') errors.forget(name);
    else if (verdict === 'valid' && log.isCurrent) return entry;
    else isUnsure = true;
  }
  return isUnsure ? unsure : undefined;
}

function replyOf({ clock, observe }: Engine, ask: Ask, error: Entry | undefined): Reply | undefined {
  if (error === undefined) return undefined;
  const { meta, recording } = error;
  const { identity, requestId, started } = ask;
  const now = clock.now();
  const left = Math.ceil((meta.staleAfter - now) / 1000);
  observe({
    ...named(ask),
    type: 'negative',
    status: recording.status,
    durationMs: clock.monotonic() - started,
  });
  const headers = sharedHeaders(identity.protocol, recording.headers, requestId);
  return {
    status: recording.status,
    headers: failuresOf(meta) === 0 ? headers : { ...headers, 'retry-after': String(left) },
    body: recording.body,
    cacheStatus: { kind: 'hit', ttl: left, detail: 'negative' },
    key: identity.key,
    age: Math.max(0, Math.floor((now - meta.refreshed) / 1000)),
    requestId,
  };
}

/**
 * Remembers an error that a provider call of this request came to, if it is of a kind to be remembered: in this
 * process at once, then in the store. Never rejects.
 * @param position where the invalidation log stood when the call began.
 */
export async function rememberError(
  engine: Engine,
  ask: Ask,
  landing: Pick<Landing, 'head' | 'recording'>,
  position: LogPosition,
): Promise<void> {
  if (!remembers(engine, ask)) return;
  const entry = errorEntry(engine, ask, landing, position);
  if (entry === undefined) return;
  engine.errors.set({ entry, learnt: engine.flights.started });
  await storeCall(engine, 'set', () => engine.store.set(entry));
}

/** Forgets failures, and that this credential is held back, once the provider has answered it well. Never throws. */
export function forgetError(engine: Engine, ask: Ask): void {
  const { settings, errors, store } = engine;
  if (!remembers(engine, ask)) return;
  for (const name of [heldName(ask, settings), failedName(ask, settings)]) {
    const known = errors.get(name);
    // What was under way when others were held back does not say that they no longer are.
    if (known === undefined || ask.flightsBefore < known.learnt) continue;
    errors.forget(name);
    void storeCall(engine, 'delete', () => store.delete(name));
  }
}
