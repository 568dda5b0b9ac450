/**
 * The entry that remembers an error: under which name, for how long, and by which tags it is invalidated.
 */
import { createHash, hash } from 'node:crypto';
import { accountOf } from '../engine/account.ts';
import type { Ask } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { errorKindOf } from '../engine/read-by-protocol.ts';
import { type Entry, type EntryMeta, entrySchemaVersion, newRecordingId } from '../entry/entry.ts';
import type { Head, Landing } from '../flight/plan.ts';
import { categoryOf } from '../identity/request.ts';
import { tag } from '../identity/tags.ts';
import type { LogPosition } from '../invalidation/log.ts';
import type { Settings } from '../settings/table.ts';
import { holdMs } from './hold.ts';
import type { KnownErrors } from './known.ts';

/** Milliseconds after a hold's end for which the next one is longer. */
const growsWithinMs = 600_000;
/** Bytes of a body above which an error is not remembered. */
const maxBodyBytes = 64 * 1024;

/**
 * An error as it is remembered; undefined if its kind is not remembered.
 * @param position the position of the invalidation log when the call began.
 */
export function errorEntry(
  engine: Engine,
  errors: KnownErrors,
  ask: Ask,
  { head, recording }: Pick<Landing, 'head' | 'recording'>,
  position: LogPosition,
): Entry | undefined {
  const { status, headers } = head;
  if (recording === undefined || status < 400 || head.streamed) return undefined;
  const { body } = recording;
  if (body.length > maxBodyBytes || headers['content-encoding'] !== undefined) return undefined;
  const kind = errorKindOf(ask.identity.protocol, { status, headers, body });
  if (kind === undefined || kind === 'account') return undefined;

  const { settings, clock } = engine;
  const now = clock.now();
  const made = { ...recording, form: 'body' as const, events: undefined };
  if (kind === 'deterministic') {
    const until = now + settings.negativeSeconds * 1000;
    const meta = metaOf(ask, position, now, { failures: 0, until, expires: until });
    return { key: invalidName(ask), meta: { ...meta, ...tagsOf(ask) }, recording: made };
  }
  const isHeldBack = kind === 'overload' && status === 429;
  const key = isHeldBack ? heldName(ask, settings) : failedName(ask, settings);
  const { failures, until } = nextHold(engine, errors, ask, key, head);
  const meta = metaOf(ask, position, now, { failures, until, expires: until + growsWithinMs });
  const tagged = isHeldBack ? modelOnly(engine, ask) : tagsOf(ask);
  return { key, meta: { ...meta, ...tagged }, recording: made };
}

/** Calls that were in progress together fail together: that is one failure, not one each. */
function nextHold(
  { clock }: Engine,
  errors: KnownErrors,
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

/** What an invalidation or an erasure selects the error by. */
type Tagged = Pick<EntryMeta, 'category' | 'tags' | 'tagDigests' | 'user' | 'session'>;

/** Everything that would invalidate the answer invalidates the error. */
function tagsOf({ identity, request }: Ask): Tagged {
  const { user, session } = identity;
  const [tags, tagDigests] = [identity.tags(), identity.tagDigests()];
  return { category: categoryOf(request.context), tags, tagDigests, user, session };
}

/** A limit on a credential concerns no question, only the model. */
function modelOnly({ digestTag }: Engine, { identity }: Ask): Tagged {
  const model = tag('model', identity.subject);
  return { tags: [model], tagDigests: [digestTag(model)] };
}

/** Failures in a row, up to this one; 0 if the request is wrong in itself. */
export function failuresOf({ fields }: EntryMeta): number {
  const failures = fields['failures'] ?? '';
  return /^\d{1,3}$/.test(failures) ? Number(failures) : 0;
}

/** Whether a key of a store names a remembered error, rather than an answer. */
export function isErrorName(key: string): boolean {
  return key.endsWith(':neg');
}

/** The names of errors end in `:neg`, so that none is an answer's key. */
type Asked = Pick<Ask, 'identity' | 'request'>;

/**
 * Names an error that this very request is bound to get again. It holds for the same bytes only: what does not change an
 * answer (a limit on tokens, the form, a parameter at its default) may be exactly what is wrong.
 */
export function invalidName({ identity, request }: Asked): string {
  const { key, partition } = identity;
  const account = accountOf({ identity, request });
  const digest = createHash('sha256').update(`${partition}\n${account}\n`).update(request.body);
  return `${key}:${digest.digest('hex').slice(0, 32)}:neg`;
}

/** Names a failure of the provider on this question, apart for each account. */
export function failedName(asked: Asked, { scope }: Settings): string {
  const { identity, request } = asked;
  const { key, credential } = identity;
  if (request.account !== undefined)
    return `${key}:${hash('sha256', accountOf(asked), 'hex').slice(0, 32)}:neg`;
  return scope === 'shared' ? `${key}:${credential}:neg` : `${key}:neg`;
}

/** Names a limit on an account for one model. */
export function heldName({ identity, request }: Asked, { cachePrefix }: Settings): string {
  const { credential, subject } = identity;
  const digest = hash(
    'sha256',
    JSON.stringify([accountOf({ identity, request }), request.upstream, subject]),
    'hex',
  );
  return `${cachePrefix}:v${entrySchemaVersion}:${credential}:und:{${digest}}:neg`;
}
