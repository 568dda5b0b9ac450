/**
 * The semantic tier of one cache: its parts, put together.
 */
import type { Awaitable } from '../clock.ts';
import type { Ask } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import type { Lookup } from '../engine/lookup.ts';
import type { Hit, Miss } from '../engine/outcome.ts';
import type { KeyRing } from '../entry/key-ring.ts';
import { keyStart } from '../identity/key.ts';
import type { HeaderFields } from '../identity/request.ts';
import type { ObservedEvent } from '../observe/events.ts';
import { messageOf } from '../observe/report.ts';
import { guardNames } from '../settings/semantic-settings.ts';
import { audits, type JudgeOf } from './audits.ts';
import { blockedEntries } from './blocked.ts';
import type { SemanticCounts } from './counts.ts';
import { openEmbedding } from './embedders/embedding.ts';
import { explainingSemantic } from './explain.ts';
import { feedOfOne } from './feed/contract.ts';
import { openFeed } from './feed/feed.ts';
import { takingFeedback } from './feedback.ts';
import { following, hooksOfAll, reportEntries } from './following.ts';
import { createGates } from './gates/gates.ts';
import { openGuards } from './guards/guards.ts';
import { openVectorIndexes } from './indexes/indexes.ts';
import { comparison, objectionsOf } from './judges/comparison.ts';
import { judgeOf } from './judges/judge.ts';
import { knownQuestions } from './known-questions.ts';
import type { PoolName } from './match.ts';
import { sealedMatches } from './matches.ts';
import { keptPairs } from './near-misses.ts';
import type { SemanticTier } from './no-tier.ts';
import type { SemanticOptions } from './options.ts';
import { memoryLabels } from './policies/labels.ts';
import { noticeLabels } from './policies/notice-labels.ts';
import { createPools } from './policies/pools.ts';
import { type Questioner, storedVector } from './question.ts';
import { openReembedding } from './reembedding/reembedding.ts';
import { reporting } from './reporting.ts';
import { rollOut } from './roll-out.ts';
import { servable } from './servable.ts';
import { semanticStage } from './stage.ts';
import { semanticTextOf } from './text/normalise.ts';
import { stateOf, troubleOf } from './trouble.ts';
import { unserved } from './unserved.ts';
import { verdictIn } from './verifiers/decisions.ts';
import { verifierOf } from './verifiers/function.ts';
import { openVerdicts } from './verifiers/verifying.ts';

export interface TierOptions {
  readonly engine: Engine;
  readonly options: SemanticOptions | undefined;
  readonly lookup: Pick<Lookup, 'many'>;
  readonly counts: SemanticCounts;
  /** The hit, unless it must not be served to this request after all. */
  readonly served: (ask: Ask, hit: Hit) => Awaitable<Hit | Miss>;
  readonly credentialOf: (protocol: string, headers: HeaderFields) => string;
  /** Seals for one purpose, under a key that is derived from the secret. */
  readonly keysFor: (purpose: string) => KeyRing;
}

export function openTier(tier: TierOptions, options: SemanticOptions): SemanticTier {
  const { engine, lookup, counts, served, credentialOf, keysFor } = tier;
  const { settings, clock, flags, hooks, store, shared } = engine;
  const onTrouble = (part: PartInTrouble) => (message: string) =>
    engine.observe({ type: 'semantic-trouble', part, message });

  const feed =
    shared.feed === undefined
      ? feedOfOne()
      : openFeed({ log: shared.feed, clock, onTrouble: onTrouble('feed') });
  const everywhere = hooksOfAll(hooks, feed);
  const embedding = openEmbedding({
    embedder: options.embedder,
    clock,
    budgetMs: settings.semanticEmbedderMs,
    onTrouble: onTrouble('embedder'),
    onBilled: (call) => engine.observe({ type: 'semantic-call', part: 'embedder', ...call }),
    onKnown: (fingerprint) => void vectors.of(fingerprint),
  });
  const gates = createGates(settings.semanticGates);
  const guards = openGuards({
    names: settings.semanticGuards,
    opposites: settings.semanticOpposites,
    ownGuards: options.ownGuards,
  });
  const judge = judgeOf(options, settings, () =>
    comparison({
      embedder: options.embedder.name,
      embed: async (text) => {
        const embedded = await embedding.embed(text, { scope: 'judge' });
        return 'vector' in embedded ? embedded.vector : undefined;
      },
      objections: objectionsOf(settings.semanticOpposites),
    }),
  );
  const verifier = verifierOf(options.verifier);
  const verdicts = openVerdicts({
    ...{ verifier, judge, clock, settings },
    onTrouble: onTrouble('verifier'),
    onBilled: (call) => engine.observe({ type: 'semantic-call', ...call }),
  });
  const vectors = onceKnown((fingerprint) => {
    const indexes = (options.index ?? following(openVectorIndexes))({
      ...{ hooks, feed, store, clock, embedder: fingerprint },
      dimension: options.embedder.dimension,
      maxBytes: settings.semanticIndexBytes,
      onTrouble: onTrouble('index'),
    });
    const pools = createPools({
      embedder: options.embedder,
      fingerprint,
      versions: [guards.version, gates.version, judge?.name ?? '', verifier?.name ?? ''],
      allGuards: guardNames.every((name) => settings.semanticGuards.includes(name)),
      maxErrorRate: settings.semanticMaxErrorRate,
      auditShare: settings.semanticAuditShare,
      upper: settings.semanticUpper,
      lower: settings.semanticLower,
      judge: judge && (judge.name === verifier?.name ? 'verifier' : 'answers'),
      separateBy: settings.semanticPoolBy,
      labels: shared.notices === undefined ? memoryLabels() : noticeLabels(shared.notices, clock),
      feed: shared.feed && feed,
      isShared: shared.notices !== undefined,
      clock,
      onTrouble: (error) => onTrouble('labels')(messageOf(error)),
    });
    const reembedding = openReembedding({
      ...{ engine, embedding, embedder: fingerprint, indexes, feed, hooks: everywhere },
      ...{ gate: gates.keptOutBy, core: semanticTextOf },
      perSecond: settings.semanticReembedPerSecond,
    });
    return { indexes, pools, reembedding };
  });
  // The indexes are built while the first requests come, and a table of vectors is loaded before them.
  if (embedding.fingerprint !== undefined) vectors.of(embedding.fingerprint);
  void embedding.embed('start', { scope: '' });

  reportEntries(hooks, feed);
  const blocked = blockedEntries(engine, feed);
  const matches = sealedMatches(keysFor('semantic matches'), keyStart(settings.cachePrefix), clock);
  const nearMisses = keptPairs(everywhere);
  const judged = audits({ ...engine, hooks: everywhere }, judgeBy(verdicts));
  const notServed = unserved({ engine, audits: judged, nearMisses });
  const rolledOut = rollOut(engine);
  const question = { embedding, gate: gates.keptOutBy, core: semanticTextOf };
  const questions = knownQuestions(question);
  const tools = {
    ...question,
    questions,
    engine,
    lookup,
    vetoes: guards.veto,
    servable: servable({ feed, blocked, clock }),
    isBlocked: blocked.isBlocked,
    vectors: vectors.of,
    verdicts,
    matches,
    unserved: notServed,
    rollOut: rolledOut,
    served,
  };
  const { stage, whyNotTaken, poolOf } = semanticStage(tools);
  const takes = (asked: Questioner) => whyNotTaken(asked) === undefined;
  const off = () => (flags.isOff('semanticCache') ? 'switched-off' : undefined);
  /** A part of the caller's own that cannot be closed must not keep the others, and the store, from it. */
  const closing = async (part: PartInTrouble, close: () => Awaitable<void>) => {
    try {
      await close();
    } catch (error) {
      onTrouble(part)(`It could not be closed: ${messageOf(error)}`);
    }
  };
  const trouble = () => troubleOf({ embedding, verdicts, feed, vectors: vectors.opened });

  /** Until the embedder's fingerprint is known no pool is, and its first vector makes it known. */
  async function poolNamed({ mark, parts }: PoolName) {
    try {
      if (vectors.opened() === undefined) await embedding.embed('start', { scope: '' });
      return await vectors.opened()?.pools.find(parts, mark);
    } catch (error) {
      onTrouble('labels')(messageOf(error));
      return undefined;
    }
  }

  return {
    stages: [stage],
    takes,
    async vectorOf(asked) {
      if (!takes(asked)) return undefined;
      const read = questions.read(asked);
      if ('out' in read) return undefined;
      return storedVector(question, asked, read, await questions.embed(asked, read));
    },
    feedback: takingFeedback({ engine, find: matches.find, poolOf: poolNamed, blocked, credentialOf }),
    state: () => stateOf(off(), trouble()),
    report: reporting({
      ...{ engine, off, trouble, counts, embedding, verdicts, blocked },
      ...{ nearMisses, matches, rollOut: rolledOut },
      vectors: vectors.opened,
    }),
    explain: explainingSemantic({
      ...tools,
      poolOf,
      whyNotTaken,
      indexes: (fingerprint) => vectors.of(fingerprint).indexes,
    }),
    async close() {
      notServed.close();
      judged.close();
      verdicts.close();
      blocked.close();
      const opened = vectors.opened();
      await opened?.reembedding?.close();
      await closing('index', () => opened?.indexes.close());
      await closing('embedder', embedding.close);
      // The last labels are reported by the feed.
      await opened?.pools.close();
      await feed.close();
    },
  };
}

type PartInTrouble = Extract<ObservedEvent, { readonly type: 'semantic-trouble' }>['part'];

/** What needs the embedder's fingerprint, which is known once the embedder has made its first vector. */
function onceKnown<Made>(make: (fingerprint: string) => Made) {
  let made: Made | undefined;
  return {
    of: (fingerprint: string): Made => (made ??= make(fingerprint)),
    opened: () => made,
  };
}

function judgeBy({ judge }: Pick<ReturnType<typeof openVerdicts>, 'judge'>): JudgeOf | undefined {
  return (
    judge && (async (pair, partition, requestId) => verdictIn(await judge.decide(pair, partition, requestId)))
  );
}
