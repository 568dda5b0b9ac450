/**
 * Negative caching: errors that the provider is bound to give again are remembered, and given again without asking.
 *
 * Three kinds, each under a name of its own: a request that is wrong in itself, for `negativeSeconds`; a question at
 * which the provider failed, and a credential that it held back, both for a growing while. Errors of an account (its
 * key, its credit) are not remembered, and none is told to another credential.
 */
import { type Entry, type EntryMeta, entrySchemaVersion } from '../entry/entry.ts';
import { judge } from '../entry/freshness.ts';
import { newRecordingId } from '../entry/recording.ts';
import type { Flight, Head, Landing } from '../flight/flight.ts';
import { holdMs } from '../flight/holding-back.ts';
import { tag } from '../identity/tags.ts';
import type { LogPosition, Standing } from '../invalidation/log.ts';
import type { Reply } from '../reply.ts';
import type { Awaitable, Found } from '../store/contract.ts';
import { isPending } from '../store/within.ts';
import { type Ask, flightName, type House, named } from './ask.ts';
import { failedName, heldName, invalidName } from './error-names.ts';
import type { Miss } from './lookup.ts';
import { sharedHeaders } from './reply-headers.ts';
import { entryIn, storeCall, trouble } from './store-call.ts';

/** Milliseconds after a hold's end for which the next one is longer. */
const growsWithinMs = 600_000;
/** Bytes of a body above which an error is not remembered. */
const maxBodyBytes = 64 * 1024;

export interface Remembered {
  /** The error, given again; undefined where none is remembered. */
  readonly reply: Reply | undefined;
  /** See `Miss.landed`; those included that landed while the store was asked for errors. */
  readonly landed: readonly Flight[];
}

/** Looks for a remembered error after a miss. Answers at once where the store does. Never rejects. */
export function rememberedError(
  house: House,
  ask: Ask,
  { landed }: Pick<Miss, 'landed'>,
): Awaitable<Remembered> {
  if (!remembers(house, ask) || ask.request.directives.noCache) return { reply: undefined, landed };
  const names = namesOf(house, ask);
  const known = knownReply(house, ask, names);
  if (known !== undefined) return { reply: known, landed };
  const found = storeCall(house, 'get', () => house.store.getMany(names));
  if (!isPending(found)) {
    learn(house, ask, names, found);
    return { reply: knownReply(house, ask, names), landed };
  }
  // What lands meanwhile is too late for the lookup and too early to be joined.
  const watch = house.flights.watch(flightName(ask.identity));
  return found.then((late) => {
    watch.stop();
    learn(house, ask, names, late);
    return { reply: knownReply(house, ask, names), landed: [...landed, ...watch.landed] };
  });
}

function remembers({ flags }: House, { identity }: Ask): boolean {
  return identity.protocol.errorKind !== undefined && flags.isOn('negativeCache', identity.key);
}

/** What is bound to come again goes first. */
function namesOf({ settings }: House, ask: Ask): readonly string[] {
  return [invalidName(ask), heldName(ask, settings), failedName(ask, settings)];
}

function learn(
  house: House,
  { identity }: Ask,
  names: readonly string[],
  found: readonly (Found | undefined)[] | typeof trouble,
): void {
  if (found === trouble) return;
  for (const [index, name] of names.entries()) {
    const entry = entryIn(house, found[index]);
    // A store that mixes things up must not be believed.
    if (entry?.key === name && entry.meta.fields['credential'] === identity.credential)
      house.errors.learn(entry);
  }
}

function knownReply(house: House, ask: Ask, names: readonly string[]): Reply | undefined {
  const { clock, errors } = house;
  for (const name of names) {
    const entry = errors.get(name)?.entry;
    if (entry === undefined || judge(entry.meta, ask.request.directives, clock.now()) !== 'fresh') continue;
    const standing = standingOf(house, ask, entry);
    if (standing === 'stands') return replyOf(house, ask, entry);
    if (standing === 'taken-back') errors.forget(name);
  }
  return undefined;
}

/** Whether an invalidation has taken it back: by its tags, or by the question's key. */
function standingOf({ log }: House, { identity }: Ask, { meta }: Entry): Standing {
  if (!log.isCurrent) return 'ahead';
  return log.standing({
    key: identity.key,
    began: meta.began,
    log: meta.log,
    tagDigests: meta.tagDigests ?? [],
  });
}

function replyOf({ clock, observe }: House, ask: Ask, { meta, recording }: Entry): Reply {
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
    told: { kind: 'hit', ttl: left, detail: 'negative' },
    key: identity.key,
    age: Math.max(0, Math.floor((now - meta.refreshed) / 1000)),
    requestId,
  };
}

/** In a row, up to this one; 0 where the request is wrong in itself. */
function failuresOf({ fields }: EntryMeta): number {
  const told = fields['failures'] ?? '';
  return /^\d{1,3}$/.test(told) ? Number(told) : 0;
}

/**
 * Remembers an error that a provider call of this request came to, if it is of a kind to be remembered: in this
 * process at once, then in the store. Never rejects.
 * @param position where the invalidation log stood when the call began.
 */
export async function rememberError(
  house: House,
  ask: Ask,
  landing: Pick<Landing, 'head' | 'recording'>,
  position: LogPosition,
): Promise<void> {
  if (!remembers(house, ask)) return;
  const entry = entryOf(house, ask, landing, position);
  if (entry === undefined) return;
  house.errors.set({ entry, learnt: house.flights.started });
  await storeCall(house, 'set', () => house.store.set(entry));
}

function entryOf(
  house: House,
  ask: Ask,
  { head, recording }: Pick<Landing, 'head' | 'recording'>,
  position: LogPosition,
): Entry | undefined {
  const { status, headers } = head;
  if (recording === undefined || status < 400 || head.streamed) return undefined;
  const { body } = recording;
  if (body.length > maxBodyBytes || headers['content-encoding'] !== undefined) return undefined;
  const kind = ask.identity.protocol.errorKind?.({ status, headers, body });
  if (kind === undefined || kind === 'account') return undefined;

  const { settings, clock } = house;
  const now = clock.now();
  const made = { ...recording, form: 'body' as const, events: undefined };
  if (kind === 'deterministic') {
    const until = now + settings.negativeSeconds * 1000;
    const meta = metaOf(ask, position, now, { failures: 0, until, expires: until });
    return { key: invalidName(ask), meta: { ...meta, ...tellingOf(ask) }, recording: made };
  }
  const isHeldBack = kind === 'overload' && status === 429;
  const key = isHeldBack ? heldName(ask, settings) : failedName(ask, settings);
  const { failures, until } = nextHold(house, ask, key, head);
  const meta = metaOf(ask, position, now, { failures, until, expires: until + growsWithinMs });
  const telling = isHeldBack ? modelOnly(house, ask) : tellingOf(ask);
  return { key, meta: { ...meta, ...telling }, recording: made };
}

/** Calls that were under way together fail together: that is one failure, not one each. */
function nextHold(
  { clock, errors }: House,
  ask: Ask,
  name: string,
  { headers }: Head,
): { readonly failures: number; readonly until: number } {
  const now = clock.now();
  const before = errors.get(name);
  const known = before !== undefined && before.entry.meta.expires > now ? before : undefined;
  const count = known === undefined ? 0 : failuresOf(known.entry.meta);
  const isSame = known !== undefined && ask.flightsBefore < known.learnt;
  const failures = isSame ? count : count + 1;
  const until = now + holdMs(failures, headers, now);
  return { failures, until: isSame ? Math.max(until, known.entry.meta.staleAfter) : until };
}

interface Span {
  readonly failures: number;
  readonly until: number;
  readonly expires: number;
}

function metaOf(
  { identity, request: { upstream } }: Ask,
  position: LogPosition,
  now: number,
  { failures, until, expires }: Span,
): Omit<EntryMeta, 'tags'> {
  return {
    version: entrySchemaVersion,
    recordingId: newRecordingId(),
    protocol: identity.protocol.name,
    upstream,
    subject: identity.subject,
    partition: identity.partition,
    frame: identity.frame,
    fields: { credential: identity.credential, failures: String(failures) },
    language: identity.language,
    tenant: identity.tenant ?? identity.credential,
    finish: 'error',
    began: position.number,
    log: position.log,
    lease: 0,
    created: now,
    refreshed: now,
    staleAfter: until,
    expires,
  };
}

type Telling = Pick<EntryMeta, 'category' | 'tags' | 'tagDigests' | 'user' | 'session'>;

/** By all that would take back the answer, the error is taken back. */
function tellingOf({ identity, request }: Ask): Telling {
  const { user, session } = identity;
  const [tags, tagDigests] = [identity.tags(), identity.tagDigests()];
  return { category: request.context.category, tags, tagDigests, user, session };
}

/** That a credential is held back is nobody's question. */
function modelOnly({ digestTag }: House, { identity }: Ask): Telling {
  const model = tag('model', identity.subject);
  return { tags: [model], tagDigests: [digestTag(model)] };
}

/** Forgets failures, and that this credential is held back, once the provider has answered it well. Never throws. */
export function forgetError(house: House, ask: Ask): void {
  const { settings, errors, store } = house;
  if (!remembers(house, ask)) return;
  for (const name of [heldName(ask, settings), failedName(ask, settings)]) {
    const known = errors.get(name);
    // What was under way when others were held back does not say that they no longer are.
    if (known === undefined || ask.flightsBefore < known.learnt) continue;
    errors.forget(name);
    void storeCall(house, 'delete', () => store.delete(name));
  }
}
