/**
 * Keeping an answer: the write gate, then an entry, then the store.
 */

import { type Entry, type EntryMeta, entrySchemaVersion, isStream, type Recording } from '../entry/entry.ts';
import { lifetime } from '../entry/freshness.ts';
import { type GateRefusal, refusal, statedConfidence } from '../entry/gate.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { LogPosition, Provenance } from '../invalidation/log.ts';
import type { Assessment } from '../protocol/contract.ts';
import type { WriteResult } from '../store/contract.ts';
import { type Ask, type Engine, named } from './ask.ts';
import { readOn, storeCall, trouble } from './store-call.ts';

type Refused = GateRefusal | 'off' | 'invalidated';
type Outcome = Refused | WriteResult;

export type Kept =
  | { readonly stored: true }
  | { readonly stored: false; readonly reason: Exclude<Outcome, 'stored'> };

/** One answer that may be kept. */
export interface Candidate {
  readonly ask: Pick<Ask, 'identity' | 'request' | 'requestId'>;
  readonly recording: Recording;
  readonly recordingId: string;
  readonly generation: Generation;
}

/** Stores a recording if it is fit. Never rejects: what can't be stored has been answered all the same. */
export async function keep(engine: Engine, candidate: Candidate): Promise<Kept> {
  if (!engine.log.isCurrent && !(await isReadAgain(engine))) return told(engine, candidate, 'failed');
  const entry = entryOf(engine, candidate);
  if ('refused' in entry) return told(engine, candidate, entry.refused);
  const result = await storeCall(engine, 'set', () => engine.store.set(entry));
  return told(engine, candidate, result === trouble ? 'failed' : result);
}

/** Stores what is fit of several recordings, in one call to the store; one answer each, in order. Never rejects. */
export async function keepMany(engine: Engine, candidates: readonly Candidate[]): Promise<readonly Kept[]> {
  if (!engine.log.isCurrent && !(await isReadAgain(engine)))
    return candidates.map((candidate) => told(engine, candidate, 'failed'));
  const made = candidates.map((candidate) => entryOf(engine, candidate));
  const entries = made.flatMap((one) => ('refused' in one ? [] : [one]));
  const results =
    entries.length === 0 ? [] : await storeCall(engine, 'set', () => engine.store.setMany(entries));
  const outcomes = new Map(
    entries.map((entry, index) => [entry, results === trouble ? 'failed' : (results[index] ?? 'failed')]),
  );
  return candidates.map((candidate, index) => {
    const one = made[index];
    if (one === undefined || 'refused' in one) return told(engine, candidate, one?.refused ?? 'failed');
    return told(engine, candidate, outcomes.get(one) ?? 'failed');
  });
}

/**
 * Whether the log is known again. Who has not read it for a while keeps nothing: whoever erases waits for as long, and
 * relies on nothing of what is gone being kept later.
 */
async function isReadAgain(engine: Engine): Promise<boolean> {
  if (!engine.log.isInTrouble) await readOn(engine);
  return engine.log.isCurrent;
}

function told({ observe }: Engine, { ask, recording }: Candidate, outcome: Outcome): Kept {
  if (outcome === 'stored') {
    observe({ ...named(ask), type: 'stored', bytes: recording.body.length });
    return { stored: true };
  }
  if (outcome !== 'off') observe({ ...named(ask), type: 'refused', reason: outcome });
  return { stored: false, reason: outcome };
}

/** The entry that an answer becomes, or why it becomes none. */
function entryOf(
  engine: Engine,
  { ask: { identity, request }, recording, recordingId, generation }: Candidate,
): Entry | { readonly refused: Refused } {
  const { settings } = engine;
  if (!engine.flags.isOn('exactCache', identity.key)) return { refused: 'off' };
  if (recording.status < 200 || recording.status > 299) return { refused: 'status' };
  try {
    const assessment = identity.protocol.assess(recording);
    const confidence = confidenceOf(engine, identity, request, recording);
    const refused = refusal(
      {
        status: recording.status,
        finish: assessment.finish,
        empty: assessment.empty,
        toolCalls: assessment.toolCalls,
        formAsAsked: isStream(recording.form) === isStream(identity.form),
        confidence,
      },
      settings,
    );
    if (refused !== undefined) return { refused };
    if (engine.log.verdict(answerOf(identity, generation)) === 'invalidated')
      return { refused: 'invalidated' };
    generation.isMade = true;
    const meta = metaOf(engine, identity, request, assessment, recordingId, generation, confidence);
    return { key: identity.key, meta, recording };
  } catch {
    // Whatever the bytes made a protocol do: they are no answer that it knows.
    return { refused: 'unreadable' };
  }
}

/** What the answer states itself goes before what its caller said. */
function confidenceOf(
  { settings: { confidenceFrom } }: Engine,
  { protocol }: Identity,
  { context }: CacheRequest,
  recording: Recording,
): number | undefined {
  if (confidenceFrom === undefined) return context.confidence;
  return statedConfidence(protocol.readAnswer(recording), confidenceFrom) ?? context.confidence;
}

function metaOf(
  { settings }: Engine,
  identity: Identity,
  { context, directives, upstream }: CacheRequest,
  assessment: Assessment,
  recordingId: string,
  generation: Generation,
  confidence: number | undefined,
): EntryMeta {
  const { began, position, lease, followersTags, created = began } = generation;
  const { stale, gone } = lifetime(settings, context.category, directives);
  return {
    version: entrySchemaVersion,
    recordingId,
    protocol: identity.protocol.name,
    upstream,
    subject: identity.subject,
    partition: identity.partition,
    frame: identity.frame,
    semanticText: settings.keepText ? identity.semanticText : undefined,
    fields: identity.fields(),
    language: identity.detectedLanguage(),
    engineVersion: settings.engineVersion,
    promptHash: settings.promptHash,
    model: assessment.model,
    category: context.category,
    tags: withOthers(identity.tags(), followersTags.keys()),
    tagDigests: withOthers(identity.tagDigests(), followersTags.values()),
    tenant: identity.tenant ?? identity.credential,
    user: identity.user,
    session: identity.session,
    finish: assessment.finishReason,
    usage: assessment.usage,
    ceiling: identity.ceiling,
    confidence,
    began: position.number,
    log: position.log,
    lease,
    created,
    refreshed: began,
    staleAfter: began + stale * 1000,
    expires: began + gone * 1000,
  };
}

/** The answer that a generation brings, as the log judges it. Its tags are made only once the log asks for them. */
export function answerOf(identity: Identity, { position, followersTags }: Generation): Provenance {
  const { number: began, log } = position;
  return {
    key: identity.key,
    began,
    log,
    get tagDigests() {
      return withOthers(identity.tagDigests(), followersTags.values());
    },
  };
}

function withOthers(own: readonly string[], others: Iterable<string>): readonly string[] {
  const more = [...others];
  return more.length === 0 ? own : [...own, ...more];
}

/* MERGED generation.ts:
 * What is known of a generation when it begins, and kept with its answer.
 */
export interface Generation {
  /** Wall time in ms: an answer is as old as its first token. */
  began: number;
  /** Where the invalidation log stood. */
  position: LogPosition;
  /** See `EntryMeta.lease`; known once the right to lead is. */
  lease: number;
  /** Tags of those who follow it and were not its leader's: digests by tag. */
  readonly followersTags: Map<string, string>;
  /** Whether the entry has been made: what is added from then on is not in it. */
  isMade: boolean;
  /** When the first answer to this question was made, where this one takes its place (a refresh). */
  readonly created?: number | undefined;
}

/** A generation that begins now. */
export function beginGeneration(engine: Engine, created?: number): Generation {
  return { ...beginning(engine), followersTags: new Map(), isMade: false, created };
}

/** It begins only now, rather than when it was first thought of. */
export function beginAnew(engine: Engine, generation: Generation): void {
  Object.assign(generation, beginning(engine));
}

function beginning({ clock, log, store }: Engine): Pick<Generation, 'began' | 'position' | 'lease'> {
  const began = clock.now();
  return {
    began,
    position: log.position,
    lease: store.shared?.leases === undefined ? 0 : Math.floor(began * 1000),
  };
}
