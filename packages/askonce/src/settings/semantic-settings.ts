/**
 * The settings of the semantic tier: which questions it takes, what it serves, and how it learns.
 */
import { z } from 'zod';
import { flag, optional, percentage, setting } from './setting.ts';

/** The gates, which look at a single question (`semantic/contract.ts`). */
export const gateNames = ['fresh', 'acts', 'points', 'personal'] as const;

/** The guards, which compare two questions (`semantic/contract.ts`). */
export const guardNames = [
  'numbers',
  'identifiers',
  'negation',
  'opposites',
  'names',
  'code',
  'swapped-word',
  'word-order',
  'length',
] as const;

/** What pools are split by, besides the embedder and the tenant. */
const poolParts = ['language', 'category'] as const;

const similarity = z.number().min(-1).max(1);
const share = z.number().min(0).max(1);
const rate = z.number().min(0.0001, 'must be at least 0.0001').max(0.5);
const budgetMs = z.number().int().min(1).max(60_000);

/** A list of known names; `none` is the empty list. */
function listOf<const Name extends string>(names: readonly Name[]) {
  return z
    .union(
      [z.literal('none').transform((): Name[] => []), z.array(z.enum(names)).max(names.length)],
      `must be none, or a list of ${names.join(', ')}`,
    )
    .describe(`\`none\`, or a list of ${names.map((name) => `\`${name}\``).join(', ')}`);
}

const oppositePairs = z.record(
  z.string().min(2).max(35),
  z.array(z.tuple([z.string().min(1).max(64), z.string().min(1).max(64)])).max(1_000),
);

const noPercentage = 'must be a percentage from 0 to 100';

export const semanticSettings = {
  semanticMode: setting(
    'SEMANTIC_MODE',
    z.enum(['serve', 'shadow']),
    'serve',
    'What becomes of a semantic hit. `serve`: it is the reply; `shadow`: the provider is asked, its answer is the reply, and the two answers are judged. The flag `semanticRollout` changes it at run time.',
  ),
  semanticRollout: setting(
    'SEMANTIC_ROLLOUT',
    z
      .union([z.number().min(0, noPercentage).max(100, noPercentage), percentage(noPercentage)], noPercentage)
      .describe('a percentage of all callers (`10` or `10%`)'),
    100,
    'Share of the callers that are served semantic hits in the mode `serve`, in percent; the others are in shadow. A caller is a user, else a session; requests without either are divided by their question.',
  ),
  semanticMaxErrorRate: setting(
    'SEMANTIC_MAX_ERROR_RATE',
    rate,
    0.02,
    'Share of wrong answers among semantic hits that the tier stays within; a request may only lower it.',
  ),
  semanticUpper: setting(
    'SEMANTIC_UPPER',
    optional(similarity),
    undefined,
    "Similarity from which a stored answer is served, a cosine, in place of the embedder's prior. With a judge it is where learning begins, and a pool serves what its labels certify. Unset: the embedder's prior.",
  ),
  semanticLower: setting(
    'SEMANTIC_LOWER',
    optional(similarity),
    undefined,
    "Similarity below which a stored question is no candidate, a cosine. From here to the upper threshold the verifier decides; unset: the embedder's prior.",
  ),
  semanticGuards: setting(
    'SEMANTIC_GUARDS',
    listOf(guardNames),
    [...guardNames],
    'Guards that compare the two questions. A veto leaves the decision to the verifier; without one it is a miss.',
  ),
  semanticGates: setting(
    'SEMANTIC_GATES',
    listOf(gateNames),
    [...gateNames],
    'Gates that keep a single question out of the semantic tier: it is neither answered by it nor offered to others.',
  ),
  semanticOpposites: setting(
    'SEMANTIC_OPPOSITES',
    oppositePairs,
    {},
    'Further pairs of opposites for the guard `opposites`, by language: `{"en": [["basic", "premium"]]}`.',
  ),
  semanticCrossLanguage: setting(
    'SEMANTIC_CROSS_LANGUAGE',
    flag,
    false,
    'Serve a stored answer to a question in another language. The answer stays in the language of the first question.',
  ),
  semanticJsonOutputs: setting(
    'SEMANTIC_JSON_OUTPUTS',
    flag,
    false,
    'Let requests that ask for JSON output (`response_format`, a schema) into the semantic tier.',
  ),
  semanticCandidates: setting(
    'SEMANTIC_CANDIDATES',
    z.number().int().min(1).max(32),
    5,
    'Nearest stored questions that are looked at, per request.',
  ),
  semanticPoolBy: setting(
    'SEMANTIC_POOL_BY',
    listOf(poolParts),
    [...poolParts],
    'What thresholds are learnt for separately, besides embedder and tenant. Fewer parts learn faster.',
  ),
  semanticAuditShare: setting(
    'SEMANTIC_AUDIT_SHARE',
    share,
    0.03,
    'Share of semantic hits that are asked again and judged for ever, once a pool is certified; while its hits are few, more are. Needs a judge.',
  ),
  semanticJudge: setting(
    'SEMANTIC_JUDGE',
    z.enum(['verifier', 'answers', 'none']),
    'verifier',
    'Judge of audited pairs where the program gives none: the verifier if there is one, a comparison of the two answers by embedding and guards, or none.',
  ),
  semanticEmbedderMs: setting(
    'SEMANTIC_EMBEDDER_MS',
    budgetMs,
    250,
    'Time that a request waits for its vector, in milliseconds; past it, the request is a miss.',
  ),
  semanticVerifierMs: setting(
    'SEMANTIC_VERIFIER_MS',
    budgetMs,
    2_000,
    'Time that a request waits for the verifier, in milliseconds; past it, the request is a miss.',
  ),
  semanticVerifierCallsPerMinute: setting(
    'SEMANTIC_VERIFIER_CALLS_PER_MINUTE',
    z.number().int().nonnegative().max(6_000),
    60,
    'Calls of the verifier that may begin within a minute, per process; past them, a request is a miss.',
  ),
  semanticVerifierUsdPerDay: setting(
    'SEMANTIC_VERIFIER_USD_PER_DAY',
    z.number().nonnegative().max(1_000_000),
    1,
    'Money that the verifier may cost from midnight to midnight (UTC), per process, in US dollars; past it, a request is a miss. A function costs nothing.',
  ),
  semanticReembedPerSecond: setting(
    'SEMANTIC_REEMBED_PER_SECOND',
    z.number().nonnegative().max(10_000),
    10,
    'Stored questions that are embedded anew once the embedder has changed, a second, by one of the processes that share the store. 0 switches it off.',
  ),
  semanticIndexBytes: setting(
    'SEMANTIC_INDEX_BYTES',
    z.number().int().positive(),
    256 * 1024 * 1024,
    'Maximum size of the vector indexes in memory, in bytes; the least recently used index is dropped first.',
  ),
} as const;
