/**
 * Keeping an answer: the write gate, then an entry, then the store.
 */
import { statedConfidence } from '../entry/confidence.ts';
import { type EntryMeta, entrySchemaVersion } from '../entry/entry.ts';
import { lifetime } from '../entry/freshness.ts';
import { isStream, type Recording } from '../entry/recording.ts';
import { type GateRefusal, refusal } from '../entry/write-gate.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { Answer } from '../invalidation/log.ts';
import type { Assessment } from '../protocol/contract.ts';
import type { WriteResult } from '../store/contract.ts';
import { type Ask, type House, named } from './ask.ts';
import type { Generation } from './generation.ts';
import { storeCall, trouble } from './store-call.ts';

export type Kept =
  | { readonly stored: true }
  | { readonly stored: false; readonly reason: GateRefusal | WriteResult | 'off' | 'taken-back' };

/** Stores a recording if it is fit. Never rejects: what can't be stored has been answered all the same. */
export async function keep(
  house: House,
  ask: Pick<Ask, 'identity' | 'request' | 'requestId'>,
  recording: Recording,
  recordingId: string,
  generation: Generation,
): Promise<Kept> {
  const kept = await attempt(house, ask, recording, recordingId, generation);
  const { observe } = house;
  if (kept.stored) observe({ ...named(ask), type: 'stored', bytes: recording.body.length });
  else if (kept.reason !== 'off') observe({ ...named(ask), type: 'refused', reason: kept.reason });
  return kept;
}

async function attempt(
  house: House,
  { identity, request }: Pick<Ask, 'identity' | 'request'>,
  recording: Recording,
  recordingId: string,
  generation: Generation,
): Promise<Kept> {
  const { settings, store } = house;
  if (!house.flags.isOn('exactCache', identity.key)) return { stored: false, reason: 'off' };
  if (recording.status < 200 || recording.status > 299) return { stored: false, reason: 'status' };
  try {
    const assessment = identity.protocol.assess(recording);
    const confidence = confidenceOf(house, identity, request, recording);
    const reason = refusal(
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
    if (reason !== undefined) return { stored: false, reason };
    if (house.log.standing(answerOf(identity, generation)) === 'taken-back')
      return { stored: false, reason: 'taken-back' };
    generation.isMade = true;
    const meta = { ...metaOf(house, identity, request, assessment, recordingId, generation), confidence };
    const entry = { key: identity.key, meta, recording };
    const result = await storeCall(house, 'set', () => store.set(entry));
    if (result === trouble) return { stored: false, reason: 'failed' };
    return result === 'stored' ? { stored: true } : { stored: false, reason: result };
  } catch {
    // Whatever the bytes made a protocol do: they are no answer that it knows.
    return { stored: false, reason: 'unreadable' };
  }
}

/** What the answer states itself goes before what its caller said. */
function confidenceOf(
  { settings: { confidenceFrom } }: House,
  { protocol }: Identity,
  { context }: CacheRequest,
  recording: Recording,
): number | undefined {
  if (confidenceFrom === undefined) return context.confidence;
  return statedConfidence(protocol.readAnswer(recording), confidenceFrom) ?? context.confidence;
}

function metaOf(
  { settings }: House,
  identity: Identity,
  { context, directives, upstream }: CacheRequest,
  assessment: Assessment,
  recordingId: string,
  generation: Generation,
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
    tags: [...identity.tags(), ...followersTags.keys()],
    tagDigests: [...identity.tagDigests(), ...followersTags.values()],
    tenant: identity.tenant ?? identity.credential,
    user: identity.user,
    session: identity.session,
    finish: assessment.finishReason,
    usage: assessment.usage,
    ceiling: identity.ceiling,
    began: position.number,
    log: position.log,
    lease,
    created,
    refreshed: began,
    staleAfter: began + stale * 1000,
    expires: began + gone * 1000,
  };
}

/** The answer that a generation brings, as the log judges it. */
export function answerOf(identity: Identity, { position, followersTags }: Generation): Answer {
  const { number: began, log } = position;
  return { key: identity.key, began, log, tagDigests: [...identity.tagDigests(), ...followersTags.values()] };
}
