/** One event of each type, for tests that must know them all. */
import type { ObservedEvent } from '../../packages/askonce/src/index.ts';
import { answered, type EventOf, facts, hit, providerAnswer } from './ledger-events.ts';

const times = { durationMs: 1.5, keyMs: 0.2, storeMs: 0.3 };
const pair = { pool: 'pool-1', similarity: 0.97 };

/** By type: a new one is missing here until someone has thought of it. */
export const sampleEvents: { readonly [Type in ObservedEvent['type']]: EventOf<Type> } = {
  hit: hit({ usage: { inputTokens: 10, outputTokens: 20 } }),
  miss: { ...facts, ...times, type: 'miss', reason: 'expired' },
  answered: answered(),
  negative: { ...facts, ...times, type: 'negative', status: 400 },
  bypass: { ...facts, type: 'bypass', reason: 'stateful' },
  'provider-call': { ...facts, type: 'provider-call', cause: 'refresh', streamed: true },
  'provider-answer': providerAnswer({ usage: { inputTokens: 10, outputTokens: 20 } }),
  'provider-failure': {
    ...facts,
    type: 'provider-failure',
    cause: 'leader',
    code: 'provider_unreachable',
    durationMs: 5,
  },
  joined: { ...facts, type: 'joined', leader: 'req_leader', followers: 3 },
  followed: { ...facts, type: 'followed' },
  'cut-off': { ...facts, type: 'cut-off', reason: 'too-slow' },
  stored: { ...facts, type: 'stored', bytes: 3000, storedBytes: 900, storeMs: 0.4 },
  refused: { ...facts, type: 'refused', reason: 'empty' },
  fallback: { ...facts, type: 'fallback', by: 'stale' },
  lease: { ...facts, type: 'lease', outcome: 'acquired' },
  refresh: { ...facts, type: 'refresh', outcome: 'started' },
  'semantic-gate': { ...facts, type: 'semantic-gate', gate: 'personal' },
  'semantic-veto': { ...facts, ...pair, type: 'semantic-veto', guard: 'numbers' },
  'semantic-verdict': { ...facts, ...pair, type: 'semantic-verdict', verdict: 'unsure', durationMs: 40 },
  'semantic-audit': { ...facts, ...pair, type: 'semantic-audit', share: 0.1 },
  'semantic-shadow': { ...facts, ...pair, type: 'semantic-shadow', savedTokens: 30 },
  invalidated: { type: 'invalidated', removed: 4, cause: 'erasure' },
  removed: { type: 'removed', cause: 'evicted', entries: 7 },
  breaker: { type: 'breaker', store: 'redis', side: 'reads', open: true },
  'log-lost': { type: 'log-lost', message: 'the log is gone' },
  flags: { type: 'flags', flags: { enabled: 100 } },
  'store-trouble': { type: 'store-trouble', store: 'memory+redis', operation: 'get', message: 'too slow' },
  'semantic-label': { ...pair, type: 'semantic-label', verdict: 'same', source: 'hit' },
  subscribed: { type: 'subscribed', from: 'flight' },
  'semantic-feedback': { type: 'semantic-feedback', verdict: 'wrong', blocked: true },
  'semantic-call': {
    type: 'semantic-call',
    part: 'embedder',
    requestId: 'r1',
    durationMs: 30,
    provider: 'https://api.openai.com/v1',
    model: 'text-embedding-3-small',
    usage: { inputTokens: 12, outputTokens: 0 },
  },
  'semantic-trouble': { type: 'semantic-trouble', part: 'verifier', message: 'it failed' },
  'semantic-reembedding': { type: 'semantic-reembedding', state: 'started', done: 3, of: 9 },
  maintenance: {
    type: 'maintenance',
    outcome: 'complete',
    startedAt: 1_700_000_000_000,
    durationMs: 900,
    looked: 12,
    removed: { expired: 3 },
    freedBytes: { expired: 4000 },
  },
  'ledger-trouble': { type: 'ledger-trouble', ledger: 'sqlite', message: 'the disk is full', lostRows: 3 },
};
