/**
 * The closed sets of names that labels may have. The compiler holds them to the types of the events: a reason that is new
 * is an error here until it is listed.
 */
import {
  type BypassReason,
  type ErrorCode,
  errorCodes,
  type MaintenanceKind,
  type MissReason,
  type ObservedEvent,
} from 'askonce';
import type { GateRefusal } from 'askonce/gateway-kit';
import type { RemovalCause, WriteResult } from 'askonce/store';

type EventOf<Type extends ObservedEvent['type']> = Extract<ObservedEvent, { readonly type: Type }>;

/** The names of a table that lists each of them. */
function names<Name extends string>(all: Readonly<Record<Name, true>>): readonly string[] {
  return Object.keys(all);
}

export const missReasons = names<MissReason>({
  absent: true,
  expired: true,
  stale: true,
  ceiling: true,
  form: true,
  credential: true,
  request: true,
  repeat: true,
  invalidated: true,
  tags: true,
  audit: true,
  'feed-behind': true,
  shadow: true,
  abandoned: true,
  'store-trouble': true,
});

export const bypassReasons = names<BypassReason>({
  disabled: true,
  sensitive: true,
  'no-store': true,
  stateful: true,
  'side-effects': true,
  unrepresentable: true,
  'no-user': true,
  'encoded-body': true,
});

/** Rules of the write gate, results of the store, and an invalidation that came first. */
export const refusalReasons = names<GateRefusal | Exclude<WriteResult, 'stored' | 'off'> | 'invalidated'>({
  status: true,
  'not-storable': true,
  length: true,
  filtered: true,
  refused: true,
  paused: true,
  failed: true,
  incomplete: true,
  unreadable: true,
  empty: true,
  'tool-calls': true,
  confidence: true,
  'other-form': true,
  'not-json': true,
  schema: true,
  fallback: true,
  'other-model': true,
  'too-large': true,
  'queue-full': true,
  expired: true,
  superseded: true,
  invalidated: true,
});

export const callCauses = names<EventOf<'provider-call'>['cause']>({
  leader: true,
  refresh: true,
  audit: true,
  bypass: true,
  warm: true,
});

/** A call that all callers have left ends as `abandoned`. */
export const endCauses = names<EventOf<'provider-answer'>['cause']>({
  leader: true,
  refresh: true,
  audit: true,
  bypass: true,
  warm: true,
  abandoned: true,
});

export const answeredBy = names<EventOf<'answered'>['by']>({
  call: true,
  flight: true,
  fallback: true,
  none: true,
});

export const fallbackKinds = names<EventOf<'fallback'>['by']>({ stale: true, fallback: true });

export const leaseOutcomes = names<EventOf<'lease'>['outcome']>({
  acquired: true,
  contended: true,
  'taken-over': true,
  released: true,
  lost: true,
});

export const refreshOutcomes = names<EventOf<'refresh'>['outcome']>({
  started: true,
  skipped: true,
  succeeded: true,
  failed: true,
});

export const removalCauses = names<RemovalCause>({
  evicted: true,
  expired: true,
  invalidated: true,
  maintained: true,
  replaced: true,
  unreadable: true,
});

export const invalidationCauses = names<EventOf<'invalidated'>['cause']>({
  asked: true,
  event: true,
  erasure: true,
});

export const maintenanceOutcomes = names<EventOf<'maintenance'>['outcome']>({
  complete: true,
  aborted: true,
  'lease-lost': true,
  failed: true,
});

export const removalKinds = names<Exclude<MaintenanceKind, 'defragment'>>({
  expired: true,
  'low-value': true,
  'low-quality': true,
});

export const storeOperations = names<EventOf<'store-trouble'>['operation']>({
  get: true,
  set: true,
  delete: true,
  marks: true,
  log: true,
  lease: true,
  follow: true,
  notices: true,
  tags: true,
});

/** The stores of a gateway: its tiers, and the stacks of them, which report trouble as a whole. */
export const tierNames = ['memory', 'sqlite', 'redis'] as const;
export const storeNames = [...tierNames, 'memory+sqlite', 'memory+redis'] as const;

export const verdicts = names<EventOf<'semantic-label'>['verdict']>({
  same: true,
  different: true,
  unsure: true,
});

export const verifierVerdicts = names<EventOf<'semantic-verdict'>['verdict']>({
  same: true,
  different: true,
  unsure: true,
  failed: true,
});

export const labelSources = names<EventOf<'semantic-label'>['source']>({ hit: true, miss: true });

export const feedbackVerdicts = names<EventOf<'semantic-feedback'>['verdict']>({
  wrong: true,
  right: true,
});

export const paidParts = names<EventOf<'semantic-call'>['part']>({
  embedder: true,
  verifier: true,
  judge: true,
});

export const semanticParts = names<EventOf<'semantic-trouble'>['part']>({
  tier: true,
  embedder: true,
  verifier: true,
  judge: true,
  index: true,
  labels: true,
  feed: true,
  reembedding: true,
});

export const failureCodes: readonly string[] = Object.keys(errorCodes);

/** The codes of a provider that fails; calls may fail with others, too. */
export const providerCodes: readonly string[] = [
  'provider_unreachable',
  'provider_timeout',
  'provider_broke_off',
  'answer_indivisible',
] satisfies readonly ErrorCode[];

/** Classes of statuses. */
export const statusClasses = ['2xx', '3xx', '4xx', '5xx'] as const;

export function statusClass(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}

/** What becomes of a question that warms the cache. */
export const warmOutcomes = ['created', 'skipped', 'failed'] as const;
