/**
 * The gateway itself: its replies, the invalidation log, the flags, its memory, the ledger, the version.
 */
import { counter, counterBy, type Family, gauge, gaugeBy } from '../family.ts';
import { all } from '../figures.ts';
import { heapLimit, memoryLimit } from '../memory.ts';
import { isServerError } from '../replies.ts';
import { countOf } from './requests.ts';

export const serviceFamilies: readonly Family[] = [
  {
    name: 'build_info',
    type: 'gauge',
    help: 'Version of the gateway; the value is always 1.',
    labels: ['version'],
    samples: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  counterBy(
    'replies',
    'Requests of clients that were answered, or ended with an error, by whose fault the error was.',
    'fault',
    ({ figures }) => figures.replies.byFault.counts,
  ),
  counterBy(
    'error_replies',
    'Errors that the gateway has answered with, to clients and to admin calls, by their code.',
    'code',
    // Those that an operator watches for are there before they happen.
    ({ figures }) =>
      Array.from(figures.replies.byCode.counts).filter(([code, count]) => count > 0 || isServerError(code)),
  ),
  gauge(
    'log_current',
    'Whether this process knows of every invalidation: 1, or 0; while it does not, no entry is served.',
    ({ cache }) => (cache === undefined ? undefined : Number(cache.logIsCurrent)),
  ),
  counter('log_lost', 'How often the invalidation log or rows of it were lost.', ({ figures }) =>
    countOf(figures.logLost, all),
  ),
  gaugeBy(
    'flag_ratio',
    'Share of all questions for which a feature flag is on, from 0 to 1.',
    'flag',
    ({ flags }) => Object.entries(flags).map(([flag, percent]) => [flag, percent / 100]),
  ),
  gauge(
    'memory_limit_bytes',
    'Memory that the process may have: the limit of its container, else that of the machine.',
    () => memoryLimit(),
  ),
  gauge('heap_limit_bytes', 'Size at which V8 gives up because the heap is full.', () => heapLimit()),
  gauge('ledger_up', 'Whether the ledger could be written when it was last tried: 1, or 0.', ({ ledger }) =>
    ledger === undefined ? undefined : Number(ledger.status === 'ok'),
  ),
  gauge('ledger_pending_batch', 'Whether a batch waits to be written again: 1, or 0.', ({ ledger }) =>
    ledger === undefined ? undefined : Number(ledger.pendingBatch),
  ),
  gauge(
    'ledger_last_flush_timestamp_seconds',
    'When the ledger was last written, in seconds since the epoch.',
    ({ ledger }) => (ledger?.lastFlush === undefined ? undefined : ledger.lastFlush / 1000),
  ),
  counter(
    'ledger_lost_rows',
    'Rows that the ledger has dropped; counters wait until they can be written.',
    ({ ledger }) => ledger?.lostRows,
  ),
  counter('ledger_trouble', 'Reports of a ledger that failed, was too slow or dropped rows.', ({ figures }) =>
    countOf(figures.ledgerTrouble, all),
  ),
  counterBy(
    'warmed',
    'Questions of the jobs that warm the cache, by what became of them.',
    'outcome',
    ({ figures }) => figures.warmed.counts,
  ),
  gauge('ledger_rows', 'Rows of the ledger.', ({ ledger }) => ledger?.size?.rows),
  gauge('ledger_counters', 'Counters of the ledger.', ({ ledger }) => ledger?.size?.counters),
  gauge('ledger_questions', 'Questions of the ledger.', ({ ledger }) => ledger?.size?.patterns),
  gauge('ledger_bytes', 'Bytes that the ledger takes.', ({ ledger }) => ledger?.size?.bytes),
];
