/**
 * Storing an answer: the write gate, then an entry, then the store.
 */
import { type Awaitable, andThen, isPending } from '../clock.ts';
import { type EntryMeta, entrySchemaVersion, isStream, isSuccess, type Recording } from '../entry/entry.ts';
import { type GateRefusal, refusal, statedConfidence } from '../entry/gate.ts';
import { OwnEntry } from '../entry/own-entry.ts';
import type { AnswerHeaders } from '../flight/plan.ts';
import type { Identity } from '../identity/identify.ts';
import { type CacheRequest, categoryOf } from '../identity/request.ts';
import type { AnswerLifetime } from '../protocol/answer-rules.ts';
import type { Assessment } from '../protocol/contract.ts';
import { areDifferentModels } from '../protocol/known-models.ts';
import type { LeaseToRelease, WriteResult } from '../store/contract.ts';
import { finishIn, lifeOf } from './answer-life.ts';
import { type Ask, report, type StoredVector } from './ask.ts';
import { dependenceOf } from './dependence.ts';
import type { Engine } from './engine.ts';
import { answerOf, type Generation, withOthers } from './generation.ts';
import { readLog } from './log-reading.ts';
import { answerIn, assessed, isCalledAsAsked, partCountIn } from './read-by-protocol.ts';
import { storeCall, trouble } from './store-call.ts';
import { notAsAsked } from './wanted-json.ts';

/** Why an answer was not stored. `off`: the exact cache is switched off for the key. */
type Refused = GateRefusal | 'off' | 'invalidated' | Exclude<WriteResult, 'stored'>;

/** What became of an answer that was to be stored. */
export type StoreOutcome = { readonly stored: true } | { readonly stored: false; readonly reason: Refused };

/** An answer to be stored. */
export interface Answered {
  readonly ask: Pick<Ask, 'identity' | 'request' | 'requestId' | 'vector'>;
  readonly recording: Recording;
  readonly recordingId: string;
  readonly generation: Generation;
  /** All headers of the answer, if a provider has just given it. */
  readonly headers?: AnswerHeaders | undefined;
}

/** Answers in one call to the store: few enough that it does not hold the event loop, and that a limit of time fits all. */
const storedAtOnce = 256;

/**
 * Stores an answer that passes the gate. Never rejects: an answer that can't be stored has been served all the same.
 * @param releasable the lease that the write may release; called only if the answer is written.
 */
export async function storeAnswer(
  engine: Engine,
  answered: Answered,
  releasable: () => LeaseToRelease | undefined = () => undefined,
): Promise<StoreOutcome> {
  const { clock, store } = engine;
  const coming = vectorOf(engine, answered);
  const vector = isPending(coming) ? await coming : coming;
  if (!engine.log.isCurrent && !(await isLogCurrent(engine))) return refused(engine, answered, 'failed');
  const made = entryOf(engine, answered, vector);
  if ('refused' in made) return refused(engine, answered, made.refused);
  const { entry } = made;
  const began = clock.monotonic();
  const lease = store.setAndRelease && releasable();
  const result = await storeCall(engine, 'set', () =>
    lease === undefined ? store.set(entry) : (store.setAndRelease?.(entry, lease) ?? store.set(entry)),
  );
  return outcomeOf(engine, answered, made, result === trouble ? 'failed' : result, began);
}

/** Stores several answers, many in one call to the store; one outcome each, in order. Never rejects. */
export async function storeAnswers(
  engine: Engine,
  answers: readonly Answered[],
): Promise<readonly StoreOutcome[]> {
  const outcomes: StoreOutcome[] = [];
  for (let from = 0; from < answers.length; from += storedAtOnce)
    outcomes.push(...(await storePage(engine, answers.slice(from, from + storedAtOnce))));
  return outcomes;
}

async function storePage(engine: Engine, answers: readonly Answered[]): Promise<readonly StoreOutcome[]> {
  const { clock, store } = engine;
  const vectors = await Promise.all(answers.map((answered) => vectorOf(engine, answered)));
  if (!engine.log.isCurrent && !(await isLogCurrent(engine)))
    return answers.map((answered) => refused(engine, answered, 'failed'));
  const made = answers.map((answered, index) => entryOf(engine, answered, vectors[index]));
  const entries = made.flatMap((one) => ('refused' in one ? [] : [one.entry]));
  const began = clock.monotonic();
  const results = entries.length === 0 ? [] : await storeCall(engine, 'set', () => store.setMany(entries));
  const each = results === trouble ? [] : results;
  const resultOf = new Map(entries.map((entry, index) => [entry, each[index] ?? 'failed']));
  return answers.map((answered, index) => {
    const one = made[index] ?? { refused: 'failed' };
    return 'refused' in one
      ? refused(engine, answered, one.refused)
      : outcomeOf(engine, answered, one, resultOf.get(one.entry) ?? 'failed', began);
  });
}

/**
 * The vector of the question. A refresh is not looked up, and so has none of its own: it keeps that of the entry that it
 * replaces, which the store may have beside the entry, and newer than in its metadata.
 */
function vectorOf(
  engine: Engine,
  { ask, generation: { replaces } }: Answered,
): Awaitable<StoredVector | undefined> {
  const { settings, store } = engine;
  const { vectors } = store;
  if (ask.vector !== undefined || replaces === undefined) return ask.vector?.();
  if (vectors === undefined || !settings.semanticCache) return replaces;
  const found = storeCall(engine, 'get', () => vectors.getMany([ask.identity.key]));
  const { embedder, questionText } = replaces;
  return andThen(found, (read) => {
    const there = read === trouble ? undefined : read[0];
    // One that cannot be read now stays where it is.
    return { embedder: there?.embedder ?? embedder, vector: there?.vector, questionText };
  });
}

/**
 * Whether the log is current. A process that has not read it for a while stores nothing: an erasure waits no longer
 * than that, and relies on nothing that it removed being stored later.
 */
async function isLogCurrent(engine: Engine): Promise<boolean> {
  if (!engine.log.isInTrouble) await readLog(engine);
  return engine.log.isCurrent;
}

function outcomeOf(
  engine: Engine,
  answered: Answered,
  { entry, meta }: Made,
  result: WriteResult,
  began: number,
): StoreOutcome {
  if (result !== 'stored') return refused(engine, answered, result);
  const { clock, hooks } = engine;
  report(engine, answered.ask, {
    type: 'stored',
    bytes: entry.recording.body.length,
    storedBytes: entry.encodedBytes,
    storeMs: clock.monotonic() - began,
    usage: meta.usage,
    model: meta.model,
  });
  // A store may hold the entry encoded by now. Listeners that read its metadata there would decode them, and an entry
  // keeps what is decoded: twice the memory of all else.
  hooks.stored({ key: entry.key, meta, recording: entry.recording });
  return { stored: true };
}

function refused(engine: Engine, { ask }: Answered, reason: Refused): StoreOutcome {
  if (reason !== 'off') report(engine, ask, { type: 'refused', reason });
  return { stored: false, reason };
}

/** An entry, and its metadata as they were made. */
interface Made {
  readonly entry: OwnEntry;
  readonly meta: EntryMeta;
}

/** The entry that an answer becomes, or why it becomes none. */
function entryOf(
  engine: Engine,
  answered: Answered,
  vector: StoredVector | undefined,
): Made | { readonly refused: Refused } {
  const { ask, recording, generation } = answered;
  const { identity, request } = ask;
  const { settings } = engine;
  if (!engine.flags.isOn('exactCache', identity.key)) return { refused: 'off' };
  const { answers } = identity.protocol;
  // Where answers say themselves what may become of them, a redirect may be one to store, too.
  const status = answers === undefined ? recording.status : 200;
  if (!isSuccess({ status })) return { refused: 'status' };
  const assessment = assessed(engine, identity.protocol, { ...recording, status });
  if (assessment === undefined) return { refused: 'unreadable' };
  generation.assessment = assessment;
  // A list that is stored whole has as many parts as it has inputs.
  if (identity.parts > 1 && partCountIn(identity.protocol, recording) !== identity.parts)
    return { refused: 'unreadable' };
  const confidence = confidenceOf(engine, identity, request, recording);
  const evidence = {
    status,
    finish: finishIn(assessment, settings),
    empty: assessment.empty,
    toolCalls: isCalledAsAsked(identity.protocol, recording, request) ? assessment.toolCalls : 'invalid',
    formAsAsked:
      identity.protocol.answers !== undefined || isStream(recording.form) === isStream(identity.form),
    confidence,
    isFallback: isFallback(engine, answered, assessment),
    isOtherModel: isOtherModel(answered, assessment),
  };
  // The content is read once more only if nothing else stands in the way.
  const reason =
    refusal(evidence, settings) ??
    refusal({ ...evidence, notAsAsked: notAsAsked(identity, recording) }, settings);
  if (reason !== undefined) return { refused: reason };
  const life = lifeOf(engine, answered);
  if (life === undefined) return { refused: 'not-storable' };
  if (engine.log.verdict(answerOf(identity, generation)) === 'invalidated') return { refused: 'invalidated' };
  generation.isMade = true;
  const meta = metaOf(engine, answered, life, assessment, confidence, vector);
  return { entry: new OwnEntry(identity.key, meta, recording, false), meta };
}

function isFallback(engine: Engine, { headers }: Answered, assessment: Assessment): boolean {
  return assessment.isFallback === true || (headers !== undefined && engine.isFallback(headers));
}

/** A deployment is named by its owner, whatever model it has (Azure). */
const hasDeployments = /\.azure\.com|\.azure-api\.net|\/deployments\//;

function isOtherModel({ ask: { identity, request } }: Answered, { model }: Assessment): boolean {
  return (
    model !== undefined &&
    areDifferentModels(identity.subject, model) &&
    request.renamesModels !== true &&
    !hasDeployments.test(`${request.upstream}${request.route}`)
  );
}

/** A confidence that the answer states takes precedence over the one that the caller gave. */
function confidenceOf(
  { settings: { confidenceFrom } }: Engine,
  { protocol }: Identity,
  { context }: CacheRequest,
  recording: Recording,
): number | undefined {
  if (confidenceFrom === undefined) return context.confidence;
  return statedConfidence(answerIn(protocol, recording), confidenceFrom) ?? context.confidence;
}

function metaOf(
  { settings, digestTag }: Engine,
  { ask, recording, recordingId, generation }: Answered,
  { age, stale, expires }: AnswerLifetime,
  assessment: Assessment,
  confidence: number | undefined,
  vector: StoredVector | undefined,
): EntryMeta {
  const { identity, request } = ask;
  const { began, position, lease, followersTags, replaces } = generation;
  const { context, upstream } = request;
  const made = began - age * 1000;
  const own = withOthers(identity.tags(), followersTags.keys());
  const { protocol } = identity;
  const depends = dependenceOf({ protocol, request, recording, began, tags: own.length });
  const end = Math.min(began + expires * 1000, depends.usableUntil);
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
    category: categoryOf(context),
    tags: withOthers(own, depends.tags),
    tagDigests: withOthers(
      withOthers(identity.tagDigests(), followersTags.values()),
      depends.tags.map(digestTag),
    ),
    tenant: identity.tenant ?? identity.credential,
    user: identity.user,
    session: identity.session,
    finish: assessment.finishReason,
    usage: assessment.usage,
    ceiling: identity.ceiling,
    confidence,
    embedder: vector?.embedder,
    vector: vector?.vector,
    questionText: settings.keepText ? vector?.questionText : undefined,
    began: position.number,
    log: position.log,
    lease,
    created: replaces?.created ?? made,
    refreshed: made,
    staleAfter: Math.min(began + stale * 1000, end),
    expires: end,
  };
}
