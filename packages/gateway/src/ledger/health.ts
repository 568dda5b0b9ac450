/**
 * The health of the ledger, for the admin call.
 */
import type { Clock } from 'askonce';
import type { LedgerSize } from 'askonce/ledger';
import { type ComponentHealth, roundedMs } from '../stores/tier-health.ts';
import type { MeasuredLedger } from './size.ts';

/** Time limit for the ledger's size, in ms. */
const patienceMs = 1000;

/** A ledger that can't be written costs rows, never an answer: it is degraded, not down. */
export async function ledgerHealth(ledger: MeasuredLedger, clock: Clock): Promise<ComponentHealth> {
  const { status, pendingBatch, lastFlush, lostRows, message } = ledger.health;
  // A gateway that has written nothing so far does not open its ledger for this.
  const size = lastFlush !== undefined && status === 'ok' ? await sizeInTime(ledger, clock) : {};
  return {
    status,
    store: ledger.name,
    pendingBatch,
    ...(lastFlush !== undefined && { lastFlush: new Date(lastFlush).toISOString() }),
    lostRows,
    ...(message !== undefined && { reason: message }),
    ...(ledger.latencyMs !== undefined && { latencyMs: roundedMs(ledger.latencyMs) }),
    ...size,
  };
}

function sizeInTime(ledger: MeasuredLedger, clock: Clock): Promise<Partial<LedgerSize>> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(() => resolve({}), patienceMs);
    ledger
      .size()
      .then(resolve, () => resolve({}))
      .finally(cancel);
  });
}
