/**
 * The entry that remembers an error: for how long, and by what it can be taken back.
 */

import { createHash, hash } from 'node:crypto';
import type { Ask, Engine } from '../engine/ask.ts';
import { type Entry, type EntryMeta, entrySchemaVersion, newRecordingId } from '../entry/entry.ts';
import type { Head, Landing } from '../flight/flight.ts';
import { tag } from '../identity/tags.ts';
import type { LogPosition } from '../invalidation/log.ts';
import type { Settings } from '../settings/table.ts';
import { holdMs } from './hold.ts';

/** Milliseconds after a hold's end for which the next one is longer. */
const growsWithinMs = 600_000;
/** Bytes of a body above which an error is not remembered. */
const maxBodyBytes = 64 * 1024;

/**
 * An error as it is remembered; undefined where it is of no kind to be.
 * @param position where the invalidation log stood when the call began.
 */
export function errorEntry(
  engine: Engine,
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

  const { settings, clock } = engine;
  const now = clock.now();
  const made = { ...recording, form: 'body' as const, events: undefined };
  if (kind === 'deterministic') {
    const until = now + settings.negativeSeconds * 1000;
    const meta = metaOf(ask, position, now, { failures: 0, until, expires: until });
    return { key: invalidName(ask), meta: { ...meta, ...tellingOf(ask) }, recording: made };
  }
  const isHeldBack = kind === 'overload' && status === 429;
  const key = isHeldBack ? heldName(ask, settings) : failedName(ask, settings);
  const { failures, until } = nextHold(engine, ask, key, head);
  const meta = metaOf(ask, position, now, { failures, until, expires: until + growsWithinMs });
  const telling = isHeldBack ? modelOnly(engine, ask) : tellingOf(ask);
  return { key, meta: { ...meta, ...telling }, recording: made };
}

/** Calls that were under way together fail together: that is one failure, not one each. */
function nextHold(
  { clock, errors }: Engine,
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
function modelOnly({ digestTag }: Engine, { identity }: Ask): Telling {
  const model = tag('model', identity.subject);
  return { tags: [model], tagDigests: [digestTag(model)] };
}

/** In a row, up to this one; 0 where the request is wrong in itself. */
export function failuresOf({ fields }: EntryMeta): number {
  const told = fields['failures'] ?? '';
  return /^\d{1,3}$/.test(told) ? Number(told) : 0;
}

/* MERGED error-names.ts:
 * Under which names errors are remembered. All end in `:neg`, so that none is an entry's key.
 */
type Asked = Pick<Ask, 'identity' | 'request'>;

/**
 * An error that this very request is bound to get again. It counts for the same bytes only: what does not change an
 * answer (a limit on tokens, the form, a parameter at its default) may well be what is wrong.
 */
export function invalidName({ identity, request }: Asked): string {
  const { key, partition, credential } = identity;
  const digest = createHash('sha256').update(`${partition}\n${credential}\n`).update(request.body);
  return `${key}:${digest.digest('hex').slice(0, 32)}:neg`;
}

/** A failure of the provider at this question. Nobody hears of another credential's. */
export function failedName({ identity: { key, credential } }: Asked, { scope }: Settings): string {
  return scope === 'shared' ? `${key}:${credential}:neg` : `${key}:neg`;
}

/** A credential that is held back from a model. */
export function heldName({ identity, request }: Asked, { cachePrefix }: Settings): string {
  const { credential, subject } = identity;
  const digest = hash('sha256', JSON.stringify([credential, request.upstream, subject]), 'hex');
  return `${cachePrefix}:v${entrySchemaVersion}:${credential}:und:{${digest}}:neg`;
}
