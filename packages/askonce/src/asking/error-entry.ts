/**
 * The entry that remembers an error: for how long, and by what it can be taken back.
 */
import { type Entry, type EntryMeta, entrySchemaVersion } from '../entry/entry.ts';
import { newRecordingId } from '../entry/recording.ts';
import type { Head, Landing } from '../flight/flight.ts';
import { holdMs } from '../flight/holding-back.ts';
import { tag } from '../identity/tags.ts';
import type { LogPosition } from '../invalidation/log.ts';
import type { Ask, House } from './ask.ts';
import { failedName, heldName, invalidName } from './error-names.ts';

/** Milliseconds after a hold's end for which the next one is longer. */
const growsWithinMs = 600_000;
/** Bytes of a body above which an error is not remembered. */
const maxBodyBytes = 64 * 1024;

/**
 * An error as it is remembered; undefined where it is of no kind to be.
 * @param position where the invalidation log stood when the call began.
 */
export function errorEntry(
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

/** In a row, up to this one; 0 where the request is wrong in itself. */
export function failuresOf({ fields }: EntryMeta): number {
  const told = fields['failures'] ?? '';
  return /^\d{1,3}$/.test(told) ? Number(told) : 0;
}
